package import Foundation

/// Pictures, models and products that are not part of the repository: the folder that `HEARTH_SHARED` names, else
/// `shared` beside the package.
///
/// A test says which of them it needs, and is skipped with the reason on a machine that does not have it:
///
///     @Test(.enabled(if: SharedData.has(words), SharedData.reason(words)))
package enum SharedData {
    private static let folder: URL = {
        if let named = ProcessInfo.processInfo.environment["HEARTH_SHARED"] { return URL(fileURLWithPath: named) }
        return TestFolders.package.appendingPathComponent("../shared").standardizedFileURL
    }()

    /// Where a file or folder of it is, whether or not it is there.
    package static func url(_ path: String) -> URL { folder.appendingPathComponent(path) }

    /// Whether this machine has a file or folder of it.
    package static func has(_ path: String) -> Bool { FileManager.default.fileExists(atPath: url(path).path) }

    /// Why a test that needs a file or folder of it is skipped.
    package static func reason(_ path: String) -> String {
        "There is no \(path) in the folder that HEARTH_SHARED names, which is ../shared when it is not set."
    }
}
