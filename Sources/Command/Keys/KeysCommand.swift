import ArgumentParser
import Foundation
import HearthCore
import HearthJSON

/// `hearth keys`
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Make, list, replace and end API keys.",
        discussion: """
            Without --url it works on the data folder itself, whether a server runs on it or not; a server notices \
            within a second. From the first key on, every caller needs one.

              hearth keys create web-shop --permission write --tenant shop --expires-in 90d
            """,
        subcommands: [Create.self, List.self, Rotate.self, Revoke.self, RotateMaster.self], defaultSubcommand: List.self
    )

    /// `hearth keys create`
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create", abstract: "Make a key. Its secret goes to standard output, and is shown this once.")

        @Argument(help: "What the key is for.") var name: String
        @Option(help: "read, write or admin.") var permission: String
        @Option(help: "Whose data it opens; `local` when absent.") var tenant: String?
        @Option(help: "How long the key is valid: 12h, 90d; without limit when absent.") var expiresIn: String?
        @Option(help: "A limit of the key: requests_per_second=5, burst=10. May be repeated.") var limit: [String] = []
        @OptionGroup var options: KeysOptions

        func run() async throws {
            var input: JSONValue = ["name": .string(name), "permission": .string(permission)]
            if let tenant { input["tenant"] = .string(tenant) }
            if let expiresIn { input["expires_in_seconds"] = .int(try KeysOptions.seconds(expiresIn)) }
            if !limit.isEmpty { input["limits"] = .object(try KeysOptions.limits(limit)) }
            options.showSecret(of: try await options.call("identity.keys.create", input, makesFolder: true))
        }
    }

    /// `hearth keys list`
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the keys, newest first, without their secrets.")

        @Option(help: "Only keys of this tenant.") var tenant: String?
        @Option(help: "Entries of a page.") var limit: Int?
        @Option(help: "`next_cursor` of the page before.") var cursor: String?
        @OptionGroup var options: KeysOptions

        func run() async throws {
            var input: JSONValue = [:]
            if let tenant { input["tenant"] = .string(tenant) }
            if let limit { input["limit"] = .int(Int64(limit)) }
            if let cursor { input["cursor"] = .string(cursor) }
            let page = try await options.call("identity.keys.list", input)
            if options.json { return Terminal.json(page) }
            let keys = page["items"]?.arrayValue ?? []
            guard !keys.isEmpty else {
                return Terminal.line("None: `hearth keys create NAME --permission …` makes one.")
            }
            let now = SystemClock().now()
            let heading = ["KEY_ID", "START", "NAME", "TENANT", "PERMISSION", "STATE", "LAST USED"]
            for line in ModelsCommand.table([heading] + keys.map { Self.cells(of: $0, now: now) }) {
                Terminal.line(line)
            }
            if let next = page["next_cursor"]?.stringValue { Terminal.line("More: --cursor \(next)") }
        }

        /// A row of the list.
        static func cells(of key: JSONValue, now: Int64) -> [String] {
            func text(_ field: String) -> String { key[field]?.stringValue ?? "-" }
            func age(_ field: String) -> String? {
                key[field]?.integerValue.map { Wording.age(of: $0, now: now) }
            }
            let isOver = key["expires_at"]?.integerValue.map { $0 <= now } ?? false
            let expiry = age("expires_at").map { isOver ? "expired \($0)" : "usable, ends \($0)" }
            let state = age("revoked_at").map { "revoked \($0)" } ?? expiry ?? "usable"
            return [
                text("key_id"), "\(text("start"))…", text("name"), text("tenant"), text("permission"), state,
                age("last_used_at") ?? "never",
            ]
        }
    }

    /// `hearth keys rotate`
    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rotate", abstract: "Give a key another secret; the one it had is accepted a while longer.")

        @Argument(help: "Id or name of the key.") var key: String
        @Option(help: "How long the old secret is still accepted: 0s, 1h; a day when absent.") var overlap: String?
        @Option(help: "How long the key is valid from now on: 90d; unchanged when absent.") var expiresIn: String?
        @OptionGroup var options: KeysOptions

        func run() async throws {
            var input: JSONValue = ["key_id": .string(try await options.id(of: key))]
            if let overlap { input["overlap_seconds"] = .int(try KeysOptions.seconds(overlap)) }
            if let expiresIn { input["expires_in_seconds"] = .int(try KeysOptions.seconds(expiresIn)) }
            options.showSecret(of: try await options.call("identity.keys.rotate", input))
        }
    }

    /// `hearth keys revoke`
    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "revoke", abstract: "End a key at once.")

        @Argument(help: "Id or name of the key.") var key: String
        @OptionGroup var options: KeysOptions

        func run() async throws {
            let id = try await options.id(of: key)
            let answer = try await options.call("identity.keys.revoke", ["key_id": .string(id)])
            if options.json { return Terminal.json(answer) }
            Terminal.line("The key \(answer["name"]?.stringValue ?? key) opens nothing any more.")
        }
    }
}
