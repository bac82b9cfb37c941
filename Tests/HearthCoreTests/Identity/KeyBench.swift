import HearthCore
import HearthJSON
import HearthSQLite
import HearthTesting

/// Keys over a store of their own, as a front holds them.
struct KeyBench {
    let folder: TemporaryFolder
    let store: SQLiteStore
    let clock = ManualClock()
    let keyring: Keyring
    private let registry: OperationRegistry

    init() async throws {
        folder = try TemporaryFolder(.memory)
        store = try SQLiteStore(path: folder.file("keys.db"))
        try await Migrator(KeyTable.migrations).run(store, now: 0)
        keyring = Keyring(store: store, clock: clock, logger: .quiet)
        registry = try OperationRegistry(KeyOperations(store: store, clock: clock, keyring: keyring).all())
    }

    /// A caller with a key.
    static func admin(of tenant: String, limits: KeyLimits = KeyLimits()) -> Principal {
        Principal(keyID: "k", tenant: Tenant(rawValue: tenant), permission: .admin, limits: limits)
    }

    /// Calls `identity.keys.<verb>`.
    @discardableResult
    func call(_ verb: String, _ input: JSONValue, as principal: Principal = .local) async throws -> JSONValue {
        let operation = try registry.operation("identity.keys.\(verb)")
        return try await registry.call(
            operation, input: input,
            context: OperationContext(
                principal: principal, requestID: "r", deadline: .now + .seconds(60), logger: .quiet))
    }

    /// Makes a key.
    /// - Returns: its secret and its id.
    func make(
        _ permission: String = "read", tenant: String = "local", _ more: JSONValue = [:]
    ) async throws -> (secret: String, id: String) {
        var input = more
        input["name"] = "a key"
        input["permission"] = .string(permission)
        input["tenant"] = .string(tenant)
        let answer = try await call("create", input)
        return (answer["secret"]?.stringValue ?? "", answer["key"]?["key_id"]?.stringValue ?? "")
    }
}

extension OperationRegistry {
    /// The operation of a name that the test knows to be there.
    fileprivate func operation(_ name: String) throws -> HearthCore.Operation {
        guard let operation = self[name] else { throw HearthError(.notFound, "There is no operation \(name).") }
        return operation
    }
}
