import ArgumentParser
import Foundation
import HearthCore
import HearthJSON

/// `hearth collections export`
struct CollectionsExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Save a collection as a file of one moment.")

    @Argument(help: "Name or identifier of the collection.") var collection: String
    @Argument(help: "The file; it must not exist yet.") var file: String
    @Option(help: "jsonl, npy (vectors only), or ids (the ids of npy's rows); by the file's ending when absent.")
    var format: String?
    @OptionGroup var options: ClientOptions

    func run() async throws {
        let format = format ?? (file.lowercased().hasSuffix(".npy") ? "npy" : "jsonl")
        guard !FileManager.default.fileExists(atPath: file) else {
            throw HearthError(.conflict, "The file \(file) is there already.")
        }
        // Under another name until it is whole: a reader never sees half a file.
        let partial = "\(file).partial"
        guard FileManager.default.createFile(atPath: partial, contents: nil),
            let handle = FileHandle(forWritingAtPath: partial)
        else {
            throw HearthError(
                .storageUnavailable,
                "The file \(partial) cannot be written: \(String(cString: strerror(errno)).lowercased()).")
        }
        do {
            try await options.client().download(
                "/api/collections/\(collection)/export", query: ["format": format], into: handle)
            try handle.close()
            try FileManager.default.moveItem(atPath: partial, toPath: file)
        } catch {
            try? FileManager.default.removeItem(atPath: partial)
            throw error
        }
        options.show(["file": .string(file)]) { _ in Terminal.line("Saved \(collection) as \(file).") }
    }
}
