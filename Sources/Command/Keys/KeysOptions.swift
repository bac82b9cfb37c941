import ArgumentParser
import Configuration
import Foundation
import HearthAssembly
import HearthCore
import HearthJSON
import HearthLocalFiles
import Logging

/// The flags of `hearth keys`, and the way to the keys: the door of a server that is named, else the data folder
/// itself. A person who can write the folder owns the server, so that the first key, and one in place of a lost one,
/// need no key.
struct KeysOptions: ParsableArguments {
    @Option(help: "Address of a server; HEARTH_URL when absent, and without both the data folder itself.")
    var url: String?
    @Option(help: "Data folder whose keys are meant.")
    var data: String?
    @Option(help: ArgumentHelp(stringLiteral: Setting.caFile.definition.help)) var caFile: String?
    @Flag(help: "Print JSON.")
    var json = false

    /// Calls an operation on keys.
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
        return try await call(operation, input, on: folder)
    }

    /// Calls an operation on the rows of a folder.
    private func call(_ name: String, _ input: JSONValue, on folder: DataFolder) async throws -> JSONValue {
        try folder.make()
        let (clock, migrator) = (SystemClock(), Migrator(Schema.migrations))
        // Only who has the folder alone may change its schema; a server that has it has brought it up to date.
        var lock: DataFolderLock?
        do {
            lock = try DataFolderLock(folder)
        } catch let error as HearthError where error.code == .conflict {
            lock = nil
        }
        defer { withExtendedLifetime(lock) {} }
        let store = try DataStore.open(folder)
        if lock != nil {
            try await migrator.run(store, now: clock.now())
        } else if try await !migrator.isCurrent(store) {
            throw HearthError(
                .conflict, "The server of this data folder is of another version, or still starting.",
                hint: "Use the `hearth` that runs it, or try again in a moment.")
        }
        let registry = try OperationRegistry(KeyOperations(store: store, clock: clock).all())
        guard let operation = registry[name] else { throw HearthError(.notFound, "There is no operation \(name).") }
        let context = OperationContext(
            principal: .local, requestID: "hearth keys", deadline: .now + Limits.inferenceDeadline,
            logger: Logger(label: "hearth"))
        return try await registry.call(operation, input: input, context: context)
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
