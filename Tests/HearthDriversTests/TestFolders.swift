import Foundation

/// Where tests find files that are not code.
enum TestFolders {
    /// The package's root: three levels above this file.
    static let package = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let goldens = package.appendingPathComponent("Tests/Goldens")
    static let models = package.appendingPathComponent("ModelFolders")
}
