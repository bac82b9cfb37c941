import Foundation

/// Where tests find files that are not code.
enum TestFolders {
    /// The package's root: three levels above this file.
    static let package = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The folder of test data that is not part of the package; nil when there is none on this machine.
    static let shared: URL? = {
        let named = ProcessInfo.processInfo.environment["HEARTH_SHARED"].map { URL(fileURLWithPath: $0) }
        let folder = named ?? package.appendingPathComponent("../shared").standardizedFileURL
        return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
    }()

    static let sharedIsMissing = "HEARTH_SHARED is not set and ../shared does not exist: nothing to test with."

    static let goldens = package.appendingPathComponent("Tests/Goldens")
    static let models = package.appendingPathComponent("ModelFolders")
}
