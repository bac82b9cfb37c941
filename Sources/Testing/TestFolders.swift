package import Foundation

/// Where tests find files of the project that are not code.
package enum TestFolders {
    /// The package's root: three levels above this file.
    package static let package = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    package static let goldens = package.appendingPathComponent("Tests/Goldens")
    package static let models = package.appendingPathComponent("ModelFolders")
}
