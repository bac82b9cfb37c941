import Foundation
import HearthCore
import HearthModelLibrary

/// Where the parts of an installation lie, relative to the running program.
package enum ProgramFiles {
    /// `hearth` beside this program, which may be `hearth` itself.
    /// - Throws: ``HearthError`` `invalid_configuration`.
    package static func server() throws -> String {
        try beside("hearth", hint: "Build it (`make build`).")
    }

    /// `hearth-worker` beside this program.
    /// - Throws: ``HearthError`` `invalid_configuration`.
    package static func worker() throws -> String {
        try beside("hearth-worker", hint: "Build both (`make build`), or run with HEARTH_WORKER=false.")
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
