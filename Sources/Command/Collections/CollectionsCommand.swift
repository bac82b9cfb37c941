import ArgumentParser
import Foundation
import HearthCore
import HearthJSON

/// `hearth collections`
struct CollectionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "collections", abstract: "Collections of vectors: list, make, fill, save, delete.",
        subcommands: [List.self, Create.self, Delete.self, CollectionsImport.self, CollectionsExport.self],
        defaultSubcommand: List.self)

    /// `hearth collections list`
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the collections by name.")

        @Option(help: "Entries of a page.") var limit: Int?
        @Option(help: "`next_cursor` of the page before.") var cursor: String?
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let page = try await options.client().send(
                .get, "/api/collections", query: ["limit": limit.map(String.init), "cursor": cursor])
            options.show(page) { page in
                for entry in page["items"]?.arrayValue ?? [] { CollectionsCommand.line(entry) }
                if let next = page["next_cursor"]?.stringValue { Terminal.line("More: --cursor \(next)") }
            }
        }
    }

    /// `hearth collections create`
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Create a collection.")

        @Argument(help: "Its name.") var name: String
        @Option(help: "Length of the vectors; the first vector decides when absent.") var dims: Int?
        @Option(help: "Model that embeds texts and pictures.") var model: String?
        @Option(help: "cosine, dot or euclidean.") var metric: String = "cosine"
        @Option(help: "What filters can look at, as name=kind, or auto; may be repeated.") var attribute: [String] = []
        @OptionGroup var options: ClientOptions

        func run() async throws {
            var body: JSONValue = ["name": .string(name), "metric": .string(metric)]
            if let dims { body["dims"] = .int(Int64(dims)) }
            if let model { body["model"] = .string(model) }
            if attribute == ["auto"] {
                body["attributes"] = "auto"
            } else if !attribute.isEmpty {
                body["attributes"] = .object(try Self.declared(attribute))
            }
            let made = try await options.client().send(.post, "/api/collections", body: .json(body))
            options.show(made, CollectionsCommand.line)
        }

        private static func declared(_ words: [String]) throws -> JSONObject {
            var kinds = JSONObject()
            for word in words {
                let parts = word.split(separator: "=", maxSplits: 1)
                guard parts.count == 2 else { throw ValidationError("--attribute takes name=kind, or auto.") }
                kinds[String(parts[0])] = .string(String(parts[1]))
            }
            return kinds
        }
    }

    /// `hearth collections delete`
    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Delete a collection with all its records.")

        @Argument(help: "Its name or identifier.") var collection: String
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let path = "/api/collections/\(collection)"
            let deleted = try await options.client().send(.delete, path)
            options.show(deleted) { deleted in
                Terminal.line("Deleted \(collection) with \(deleted["record_count"]?.integerValue ?? 0) records.")
            }
        }
    }

    static func line(_ entry: JSONValue) {
        let dims = entry["dims"]?.integerValue.map(String.init) ?? "-"
        let count = entry["record_count"]?.integerValue.map { "  \($0) records" } ?? ""
        Terminal.line(
            (entry["name"]?.stringValue ?? "").padded(to: 40) + (entry["metric"]?.stringValue ?? "").padded(to: 12)
                + dims.padded(to: 8) + (entry["model"]?.stringValue ?? "") + count)
    }
}
