import Foundation
import HearthCore
import NIOCore

/// Errors of the system and of Foundation, in words for people: which file, and why.
enum SystemError {
    /// What is shown in place of such an error; nil: it is none.
    static func shown(_ error: any Error) -> HearthError? {
        switch error {
        case is IOError, is POSIXError: break
        case let error where (error as NSError).domain == NSCocoaErrorDomain: break
        default: return nil
        }
        let file = (error as NSError).userInfo[NSFilePathErrorKey] as? String
        let message = file.map { "\($0): \(reason(error))." } ?? "The system refused a call: \(reason(error))."
        return HearthError(.internalError, message, cause: error)
    }

    /// The system's own words: `no such file or directory`.
    static func reason(_ error: any Error) -> String {
        if let number = number(error) { return String(cString: strerror(number)).lowercased() }
        return "an error without a number (\((error as NSError).code))"
    }

    /// The number of the system's error that lies beneath.
    private static func number(_ error: any Error) -> Int32? {
        if let error = error as? IOError { return error.errnoCode }
        if let error = error as? POSIXError { return error.code.rawValue }
        let error = error as NSError
        if error.domain == NSPOSIXErrorDomain { return Int32(exactly: error.code) }
        if let beneath = error.userInfo[NSUnderlyingErrorKey] as? any Error { return number(beneath) }
        switch CocoaError.Code(rawValue: error.code) {
        case .fileNoSuchFile, .fileReadNoSuchFile: return ENOENT
        case .fileReadNoPermission, .fileWriteNoPermission: return EACCES
        case .fileWriteOutOfSpace: return ENOSPC
        case .fileWriteFileExists: return EEXIST
        case .fileWriteVolumeReadOnly: return EROFS
        default: return nil
        }
    }
}
