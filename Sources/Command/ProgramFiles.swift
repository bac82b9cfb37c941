import Foundation
import HearthCore
import HearthModelLibrary

/// Where the parts of an installation lie, relative to the running program.
package enum ProgramFiles {
    /// Whether this is the program of a checkout, where `make` has its targets; otherwise Hearth was installed.
    static var isCheckout: Bool {
        guard let models = try? BuiltInModels.folder() else { return false }
        return isCheckout(modelFolders: models)
    }

    /// - Parameter modelFolders: The folder of the built-in models, which lies at the top of a checkout.
    static func isCheckout(modelFolders: String) -> Bool {
        let top = URL(fileURLWithPath: modelFolders).deletingLastPathComponent()
        return ["Makefile", "Package.swift"].allSatisfy {
            FileManager.default.fileExists(atPath: top.appending(path: $0).path)
        }
    }

    /// `hearth` beside this program, which may be `hearth` itself.
    /// - Throws: ``HearthError`` `invalid_configuration`.
    package static func server() throws -> String {
        try beside("hearth", hint: isCheckout ? "Build it (`make build`)." : "Install Hearth again.")
    }

    /// `hearth-worker` beside this program.
    /// - Throws: ``HearthError`` `invalid_configuration`.
    package static func worker() throws -> String {
        try beside(
            "hearth-worker",
            hint:
                "\(isCheckout ? "Build both (`make build`)" : "Install Hearth again"), or run with HEARTH_WORKER=false."
        )
    }

    /// The folder of the sample pictures, which lies beside the built-in models.
    /// - Throws: ``HearthError`` `invalid_configuration`.
    package static func samples() throws -> String {
        let models = URL(fileURLWithPath: try BuiltInModels.folder())
        return models.deletingLastPathComponent().appending(path: "Samples").path
    }

    private static func beside(_ name: String, hint: String) throws -> String {
        let own = URL(fileURLWithPath: Bundle.main.executablePath ?? "").resolvingSymlinksInPath()
        let program = own.deletingLastPathComponent().appending(path: name).path
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw HearthError(
                .invalidConfiguration, "There is no program \(name) beside \(own.lastPathComponent).", hint: hint)
        }
        return program
    }
}
