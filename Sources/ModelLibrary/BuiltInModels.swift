import Foundation
import HearthCore

/// Where the models that come with Hearth lie.
package enum BuiltInModels {
    /// The folder `ModelFolders`: beside the programs, in `../share/hearth`, or in a checkout above them.
    /// - Throws: ``HearthError`` `invalid_configuration`.
    package static func folder(
        executable: String? = Bundle.main.executablePath,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> String {
        if let folder = environment["HEARTH_BUILT_IN_MODELS"] { return folder }
        var folder = URL(fileURLWithPath: executable ?? "").resolvingSymlinksInPath().deletingLastPathComponent()
        var candidates = [folder.deletingLastPathComponent().appending(path: "share/hearth/ModelFolders")]
        for _ in 0..<6 {
            candidates.append(folder.appending(path: "ModelFolders"))
            folder.deleteLastPathComponent()
        }
        let found = candidates.first {
            FileManager.default.fileExists(atPath: $0.appending(path: "scatter/model.json").path)
        }
        guard let found else {
            throw HearthError(
                .invalidConfiguration, "The built-in model is missing.",
                hint: "Keep the folder ModelFolders beside the programs, or name it by HEARTH_BUILT_IN_MODELS.")
        }
        return found.path
    }

    /// The folder with the models of `make models` that were installed with Hearth; none in a checkout.
    /// - Parameter folder: What ``folder(executable:environment:)`` gave.
    package static func made(in folder: String) -> [String] {
        ["\(folder)/made"].filter { FileManager.default.fileExists(atPath: $0) }
    }
}
