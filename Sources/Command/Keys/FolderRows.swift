import HearthAssembly
import HearthCore
import HearthJSON
import HearthLocalFiles
import Logging

/// The rows of a data folder for a command, whether a server runs on it or not. A person who can write the folder owns
/// the server, so that no key is needed.
enum FolderRows {
    /// Calls `body` with the rows, at the schema of this version.
    /// - Throws: ``HearthError`` `conflict` when a server of another version runs on the folder; what `body` throws.
    static func open<T>(_ folder: DataFolder, _ body: (any Store) async throws -> T) async throws -> T {
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
        return try await body(store)
    }

    /// Calls an operation on keys or the audit log.
    static func call(_ name: String, _ input: JSONValue, on folder: DataFolder) async throws -> JSONValue {
        try await open(folder) { store in
            let clock = SystemClock()
            let registry = try OperationRegistry(
                KeyOperations(store: store, clock: clock).all() + AuditOperations(store: store, clock: clock).all())
            guard let operation = registry[name] else { throw HearthError(.notFound, "There is no operation \(name).") }
            let context = OperationContext(
                principal: .local, requestID: "hearth", deadline: .now + Limits.inferenceDeadline,
                logger: Logger(label: "hearth"))
            do {
                return try await registry.call(operation, input: input, context: context)
            } catch let error as HearthError {
                throw CommandWords.shown(error)
            }
        }
    }
}
