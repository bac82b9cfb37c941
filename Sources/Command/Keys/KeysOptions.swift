import ArgumentParser
import Configuration
import Foundation
import HearthCore
import HearthJSON

/// The flags of `hearth keys` and `hearth audit`, and the way to the rows: the door of a server that is named, else the
/// data folder itself. A person who can write the folder owns the server, so that the first key, and one in place of a
/// lost one, need no key.
struct KeysOptions: ParsableArguments {
    @Option(help: "Address of a server; HEARTH_URL when absent, and without both the data folder itself.")
    var url: String?
    @Option(help: "Data folder whose keys are meant.")
    var data: String?
    @Option(help: ArgumentHelp(stringLiteral: Setting.caFile.definition.help)) var caFile: String?
    @Flag(help: "Print JSON.")
    var json = false

    /// Calls an operation on keys or the audit log.
    /// - Parameter makesFolder: whether a data folder that does not exist is made.
    func call(_ operation: String, _ input: JSONValue, makesFolder: Bool = false) async throws -> JSONValue {
        var flags: [Setting: ConfigContent] = [:]
        flags[.data] = data.map { .string($0) }
        flags[.url] = url.map { .string($0) }
        flags[.caFile] = caFile.map { .string($0) }
        let settings = try await Settings.resolve(flags: flags)
        if settings[.url].value != nil {
            return try await settings.client().send(
                .post, "/api/operations/\(operation)", body: .json(input))
        }
        let folder = settings.folder
        guard makesFolder || FileManager.default.fileExists(atPath: folder.database) else {
            throw HearthError(
                .notFound, "There is no data folder at \(folder.path).",
                hint: "Name it by --data or HEARTH_DATA; `hearth keys create` makes one.")
        }
        return try await FolderRows.call(operation, input, on: folder)
    }

    /// The id of the key that a word means: its id, or its name.
    /// - Throws: ``HearthError`` `not_found`; `conflict` that lists the ids when several keys have the name.
    func id(of word: String) async throws -> String {
        var (keys, cursor): ([JSONValue], String?) = ([], nil)
        repeat {
            var input: JSONValue = ["limit": .int(Int64(Limits.pageSize))]
            if let cursor { input["cursor"] = .string(cursor) }
            let page = try await call("identity.keys.list", input)
            keys += page["items"]?.arrayValue ?? []
            cursor = page["next_cursor"]?.stringValue
        } while cursor != nil
        return try Self.id(of: word, among: keys, now: SystemClock().now())
    }

    /// - Parameters:
    ///   - keys: As `identity.keys.list` answers them.
    ///   - now: Milliseconds since 1970. Of several keys of a name those that are usable then are meant.
    static func id(of word: String, among keys: [JSONValue], now: Int64) throws(HearthError) -> String {
        if keys.contains(where: { $0["key_id"]?.stringValue == word }) { return word }
        let named = keys.filter { $0["name"]?.stringValue == word }
        let usable = named.filter { key in
            key["revoked_at"]?.integerValue == nil && key["expires_at"]?.integerValue.map { $0 > now } ?? true
        }
        let ids = (usable.isEmpty ? named : usable).compactMap { $0["key_id"]?.stringValue }
        guard let id = ids.first else {
            let near = NearestName.of(word, among: keys.compactMap { $0["name"]?.stringValue })
            throw HearthError(
                .notFound, "There is no key with the id or name \(word).",
                hint: (near.map { "Did you mean \($0)? " } ?? "") + "`hearth keys list` shows them.")
        }
        guard ids.count == 1 else {
            throw HearthError(
                .conflict, "\(ids.count) keys are named \(word).",
                hint: "Say which one by its id: \(ids.joined(separator: ", ")). `hearth keys list` tells them apart.")
        }
        return id
    }

    /// Shows a new secret: alone on standard output, so that a script can take it; the rest is for people.
    func showSecret(of answer: JSONValue) {
        if json { return Terminal.json(answer) }
        let key = answer["key"]
        Terminal.line(answer["secret"]?.stringValue ?? "")
        Terminal.note("Key \(key?["key_id"]?.stringValue ?? "") of tenant \(key?["tenant"]?.stringValue ?? "").")
        Terminal.note(
            "It is shown this once. Send it as `Authorization: Bearer …`; `hearth` takes it from HEARTH_API_KEY.")
        if let overlap = Self.time(key?["overlap_until"]) {
            Terminal.note("The secret before it is accepted until \(overlap).")
        }
    }

    /// `90d`, `12h`, `5m` or `30s`, in seconds.
    static func seconds(_ text: String) throws -> Int64 {
        let units: [Swift.Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[$0] }), let count = Int32(text.dropLast()), count >= 0 else {
            throw HearthError(.invalidRequest, "`\(text)` is no duration.", hint: "Allowed: 30s, 5m, 12h, 90d.")
        }
        return Int64(count) * unit
    }

    /// `name=number`, as the operation takes limits; it knows which there are.
    static func limits(_ texts: [String]) throws -> JSONObject {
        let known = KeyLimits.fields.keys.sorted()
        var limits = JSONObject()
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, known.contains(parts[0]), let number = Double(parts[1]), number.isFinite else {
                throw HearthError(
                    .invalidRequest, "`\(text)` is no limit.",
                    hint: "Allowed: \(known.map { "\($0)=<number>" }.joined(separator: ", ")).")
            }
            let value: JSONValue = Int64(exactly: number).map { .int($0) } ?? .double(number)
            limits[parts[0]] = value
        }
        return limits
    }

    /// A time of a key, for people.
    static func time(_ value: JSONValue?) -> String? {
        value?.integerValue.map { Date(timeIntervalSince1970: Double($0) / 1_000).ISO8601Format() }
    }
}
