package import HearthJSON
import Logging

/// The operations on keys, for administrators.
///
/// An administrator of the tenant `local` operates the server and manages the keys of all tenants; any other manages
/// those of its own tenant, and another tenant's key is `not_found` to it. A key gives no more than it has: the keys
/// that it makes or rotates have at most its own permission and limits.
package struct KeyOperations: Sendable {
    private let store: any Store
    private let clock: any WallClock
    private let keyring: Keyring?
    private let makesFirstKey: Bool
    private let table = KeyTable()

    /// - Parameters:
    ///   - keyring: brought up to date at once after a change; nil: this process serves no requests.
    ///   - makesFirstKey: Whether callers have shown who they are also where there has never been a key. Otherwise the
    ///     first key, which shuts out everyone who does not have it, cannot be made here.
    package init(store: any Store, clock: any WallClock, keyring: Keyring? = nil, makesFirstKey: Bool = true) {
        self.makesFirstKey = makesFirstKey
        self.store = store
        self.clock = clock
        self.keyring = keyring
    }

    /// Every operation on keys.
    package func all() -> [Operation] {
        [
            Operation(
                .init(
                    "identity.keys.create", "Make a key; the answer is the only place that ever shows it.",
                    description: """
                        The key opens the data of one tenant, with the permission `read`, `write` or `admin`, until it \
                        expires or is revoked. Only its digest is stored. A server that asks for no credential \
                        refuses this: its first key is made on its machine, by `hearth keys create`.
                        """,
                    permission: .admin, hints: .adds, routes: [Route(.post, "/api/keys")], successStatus: 201),
                input: CreateKey.self, output: NewKey.self, run: create),
            Operation(
                .init(
                    "identity.keys.list", "List the keys without their secrets, newest first.",
                    description: """
                        Answers name, tenant, permission, limits and times of each key, also of those that have ended. \
                        An administrator of the tenant `local` sees the keys of all tenants.
                        """,
                    permission: .admin, hints: .reads, routes: [Route(.get, "/api/keys")]),
                input: ListKeys.self, output: Page<APIKey>.self, run: list),
            Operation(
                .init(
                    "identity.keys.rotate",
                    "Give a key another secret; the one it had is accepted a while longer.",
                    description: """
                        Answers the new secret, which is shown this once. Clients can change over while both secrets \
                        are accepted; `overlap_seconds` says how long that is.
                        """,
                    permission: .admin, hints: .replaces, routes: [Route(.post, "/api/keys/{key_id}/rotate")]),
                input: RotateKey.self, output: NewKey.self, run: rotate),
            Operation(
                .init(
                    "identity.keys.revoke", "End a key at once.",
                    description: """
                        Every server on this database refuses the key within a second. It stays in the list and cannot \
                        be used again.
                        """,
                    permission: .admin, hints: .removes,
                    routes: [Route(.post, "/api/keys/{key_id}/revoke"), Route(.delete, "/api/keys/{key_id}")]),
                input: RevokeKey.self, output: APIKey.self, run: revoke),
        ]
    }

    private func create(_ input: CreateKey, _ context: OperationContext) async throws -> NewKey {
        try requireKnownCaller()
        let tenant = try tenant(input.tenant, for: context.principal)
        let (secret, now, table) = (KeySecret.make(), clock.now(), table)
        var limits = input.limits ?? KeyLimits()
        // A caller that is limited itself gives on its own limits where the new key has none.
        if context.principal.keyID != nil { limits = limits.inheriting(context.principal.limits) }
        let makers = try Self.makers(of: context.principal)
        let key = APIKey(
            keyID: Identifier.make(now: now), name: input.name, tenant: tenant, permission: input.permission,
            start: KeySecret.start(of: secret), limits: limits, createdAt: now,
            expiresAt: input.expiresInSeconds.map { now + $0 * 1_000 }, makers: makers)
        try requireAuthority(of: context.principal, over: key)
        try requireMemory(for: tenant)
        try await store.write { [self] db in
            try table.prune(
                of: tenant, endedBefore: now - Limits.keyHistory.milliseconds, keeping: Limits.endedKeysOfTenant,
                in: db, now: now)
            try requireRoom(for: tenant, in: db, now: now)
            try table.insert(key, digest: KeySecret.digest(of: secret.revealed), in: db)
        }
        await refreshKeyring(context)
        return NewKey(secret: secret.revealed, key: key)
    }

    /// Any program that reaches a server without keys could shut out all others, its owner's too, by making the first.
    /// - Throws: ``HearthError`` `forbidden`.
    private func requireKnownCaller() throws(HearthError) {
        guard !makesFirstKey, keyring?.isInUse == false else { return }
        throw HearthError(
            .forbidden, "This server has no keys, and its first one cannot be made by a request.",
            hint: "Make it on the server's machine: `hearth keys create NAME --permission admin`, with its --data.")
    }

    /// Whose limits a key shares that a caller makes.
    /// - Throws: ``HearthError`` `conflict` when limited keys have made each other too often.
    private static func makers(of principal: Principal) throws(HearthError) -> [KeyMaker] {
        guard let keyID = principal.keyID, principal.limits != KeyLimits() else { return principal.makers }
        guard principal.makers.count < Limits.keyMakers else {
            throw HearthError(
                .conflict, "The key was made by a limited key, that one by another, \(Limits.keyMakers) times over.",
                hint: "Make it with one of the earlier keys.")
        }
        return principal.makers + [KeyMaker(keyID: keyID, limits: principal.limits)]
    }

    /// A caller hands out no more than it has itself: neither a permission nor a limit.
    /// - Throws: ``HearthError`` `forbidden`.
    private func requireAuthority(of principal: Principal, over key: APIKey) throws(HearthError) {
        guard key.principal.permission <= principal.permission else {
            throw HearthError(.forbidden, "This credential may not give the permission `\(key.permission.rawValue)`.")
        }
        // The trusted user of a loopback server and the key of the settings have no limits.
        guard principal.keyID != nil else { return }
        guard key.limits.isWithin(principal.limits) else {
            throw HearthError(
                .forbidden, "The key would have higher limits than the one that manages it.",
                hint: """
                    At most: \(principal.limits.words). An administrator with higher limits can do it, and \
                    `hearth keys` on the data folder.
                    """)
        }
    }

    /// - Throws: ``HearthError`` `conflict` when the tenant has as many usable keys as it may have.
    private func requireRoom(for tenant: Tenant, in db: any SQLConnection, now: Int64) throws {
        guard try table.count(of: tenant, in: db, now: now) < Limits.keysOfTenant else {
            throw HearthError(
                .conflict, "The tenant has \(Limits.keysOfTenant) usable keys, which is the most.",
                hint: "Revoke one that is not needed any more.")
        }
    }

    /// - Throws: ``HearthError`` `conflict` when the tenants have as many keys as fit into memory.
    private func requireMemory(for tenant: Tenant) throws(HearthError) {
        guard tenant != .local, let keyring, keyring.count >= Limits.keys else { return }
        throw HearthError(
            .conflict, "There are \(Limits.keys) usable keys, which is the most.",
            hint: "Revoke some that are not needed any more.")
    }

    private func list(_ input: ListKeys, _ context: OperationContext) async throws -> Page<APIKey> {
        let page = try PageRequest(cursor: input.cursor, limit: input.limit)
        let tenant = input.tenant == nil ? scope(of: context) : try tenant(input.tenant, for: context.principal)
        let (table, limit) = (table, page.limit)
        let time = clock.now() - Limits.keyHistory.milliseconds
        let rows = try await store.read { db in
            try table.list(of: tenant, endedAfter: time, cursor: input.cursor, limit: limit + 1, in: db)
        }
        return Page(rows: rows, limit: limit) { $0.keyID }
    }

    private func rotate(_ input: RotateKey, _ context: OperationContext) async throws -> NewKey {
        let (secret, now, table) = (KeySecret.make(), clock.now(), table)
        let (tenant, principal) = (scope(of: context), context.principal)
        let overlap = now + (input.overlapSeconds ?? Limits.keyOverlap.components.seconds) * 1_000
        let key = try await store.write { [self] db in
            let key = try table.key(input.keyID, of: tenant, in: db)
            // The new secret is shown to the caller, who can use it.
            try requireAuthority(of: principal, over: key)
            guard key.revokedAt == nil else {
                throw HearthError(.conflict, "The key was revoked.", hint: "Make another one.")
            }
            let expiresAt = input.expiresInSeconds.map { now + $0 * 1_000 } ?? key.expiresAt
            guard now < expiresAt ?? .max else {
                throw HearthError(
                    .conflict, "The key has expired.", hint: "Set a new validity by `expires_in_seconds`.")
            }
            if !key.isUsable(at: now) { try requireRoom(for: key.tenant, in: db, now: now) }
            try table.rotate(
                key.keyID, digest: KeySecret.digest(of: secret.revealed), start: KeySecret.start(of: secret),
                expiresAt: expiresAt, overlap: overlap, in: db)
            return try table.key(key.keyID, of: tenant, in: db)
        }
        await refreshKeyring(context)
        return NewKey(secret: secret.revealed, key: key)
    }

    private func revoke(_ input: RevokeKey, _ context: OperationContext) async throws -> APIKey {
        let (tenant, now, table) = (scope(of: context), clock.now(), table)
        // Also on a full disk: a lost key must not stay usable.
        let key = try await store.remove { db in
            let key = try table.key(input.keyID, of: tenant, in: db)
            try table.revoke(key.keyID, in: db, now: now)
            return try table.key(key.keyID, of: tenant, in: db)
        }
        keyring?.end(key.keyID)
        await refreshKeyring(context)
        return key
    }

    /// Brings the keyring up to date. The change is committed: an error would say that it is not, and a secret that was
    /// not answered is lost. The keyring reads its rows again by itself (``Limits/keyRefresh``).
    private func refreshKeyring(_ context: OperationContext) async {
        do {
            try await keyring?.refresh()
        } catch {
            context.logger.warning(
                "The keys could not be read after a change; they are read again soon",
                metadata: ["error": "\(error)"])
        }
    }

    /// The tenant whose keys a caller sees; nil: every tenant's.
    private func scope(of context: OperationContext) -> Tenant? {
        context.principal.permission >= .operate ? nil : context.tenant
    }

    /// The tenant that a caller names, or its own.
    private func tenant(_ name: String?, for principal: Principal) throws(HearthError) -> Tenant {
        guard let name else { return principal.tenant }
        let tenant = try Tenant(checking: name)
        guard tenant == principal.tenant || principal.permission >= .operate else {
            throw HearthError(
                .forbidden, "This key manages the keys of its own tenant only.",
                hint: "Leave out `tenant`, or ask an administrator of the tenant `local`.")
        }
        return tenant
    }
}

extension KeyOperations {
    /// A key and its secret.
    package struct NewKey: Sendable, Codable, SchemaDescribed {
        package var secret: String
        package var key: APIKey

        package static let fields = [
            "secret": FieldNote("Send it as `Authorization: Bearer …`; it is shown this once.")
        ]
    }

    /// Input of `identity.keys.create`.
    struct CreateKey: Sendable, Codable, SchemaDescribed {
        var name: String
        var permission: Grant
        var tenant: String?
        var expiresInSeconds: Int64?
        var limits: KeyLimits?

        static let fields = [
            "name": FieldNote(
                "What the key is for.", minLength: 1, maxLength: Limits.nameLength, example: "web shop"),
            "permission": FieldNote("`read`, `write`, or `admin`, which manages the keys of the tenant."),
            "tenant": FieldNote(
                "Whose data it gives access to; the caller's own when absent.", example: "shop", schema: Tenant.schema),
            "expires_in_seconds": FieldNote(
                "Seconds after which it ends; absent: never.", minimum: 1, maximum: longestLife),
        ]
    }

    /// Input of `identity.keys.list`.
    struct ListKeys: Sendable, Codable, SchemaDescribed {
        var tenant: String?
        var cursor: String?
        var limit: Int?

        static let fields = PageInput.fields.merging(
            ["tenant": FieldNote("Only keys of this tenant.", schema: Tenant.schema)]) { first, _ in first }
    }

    /// Input of `identity.keys.rotate`.
    struct RotateKey: Sendable, Codable, SchemaDescribed {
        var keyID: String
        var overlapSeconds: Int64?
        var expiresInSeconds: Int64?

        static let fields = [
            "key_id": FieldNote("Identifier of a key."),
            "overlap_seconds": FieldNote(
                "How long its present secret is still accepted; \(Limits.keyOverlap.components.seconds) when absent.",
                minimum: 0, maximum: longestLife),
            "expires_in_seconds": FieldNote(
                "Seconds after which the key ends; as before when absent.", minimum: 1, maximum: longestLife),
        ]
    }

    /// Input of `identity.keys.revoke`.
    struct RevokeKey: Sendable, Codable, SchemaDescribed {
        var keyID: String

        static let fields = ["key_id": FieldNote("Identifier of a key.")]
    }

    private static let longestLife = Double(Limits.keyLife.components.seconds)
}
