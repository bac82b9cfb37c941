import Foundation
import NIOCore
import NIOPosix
import NIOSSL

extension HTTPCallFailure {
    /// Why a connection was not made, in words for people.
    init(connecting error: any Error) {
        if case .connectTimeout? = error as? ChannelError {
            self = .connectTimeout
        } else {
            self = .unreachable(Self.reason(error))
        }
    }

    /// Why a connection could not be encrypted.
    init(handshaking error: any Error) {
        if let error = error as? NIOSSLExtraError, error == .failedToValidateHostname {
            self = .untrusted("its certificate is for another name")
            return
        }
        // BoringSSL names its reasons in a text only.
        let text = "\(error)"
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            self = .untrusted("its certificate has expired, or is signed by no authority that this machine trusts")
        } else if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
            self = .unreachable("it does not speak https")
        } else {
            self = .unreachable("the encryption could not be agreed on (\(text))")
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            if let last = error.connectionErrors.last { return reason(last.error) }
            return "the name \(error.host) is unknown"
        case let error as IOError: return String(cString: strerror(error.errnoCode)).lowercased()
        case is SocketAddressError: return "the name is unknown"
        default: return "\(error)"
        }
    }
}
