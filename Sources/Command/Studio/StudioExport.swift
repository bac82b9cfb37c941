import ArgumentParser
import Foundation
import HearthCore
import HearthJSON

/// `hearth studio export`
struct StudioExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Save a project as a zip file: pictures, outputs and their recipes.",
        discussion: """
            `hearth studio import` adds it to another server or tenant. The files have the paths of the data folder.
            Files that are damaged are left out; left-out.txt in the project's folder names them.
            """)

    @Argument(help: "Identifier or name of the project.") var project: String
    @Argument(help: "The file; it must not exist yet.") var file: String
    @OptionGroup var options: ClientOptions

    func run() async throws {
        let client = try await options.client()
        try await DownloadedFile.write(file) { handle in
            try await client.download("/api/projects/\(project)/export", into: handle)
        }
        options.show(["file": .string(file)]) { _ in Terminal.line("Saved \(project) as \(file).") }
    }
}
