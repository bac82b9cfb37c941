import Crypto
package import Foundation
import HearthJSON

/// Seals and opens data by keys of their own, one for each scope, as a client whose faces are kept.
///
/// The key of a scope is made at its first use, wrapped by the master key and by a half of its own that lies apart from
/// the rows (``SealKeyTable``). Destroying it is what deletes sealed data from every copy of them.
package final class SealKeys: Sendable {
    private let store: any Store
    private let files: MasterKeyFiles
    private let clock: any WallClock
    private let masters = Locked<[String: MasterKey]>([:])
    /// Keys that were unwrapped, by the names of their halves, which are never used again for other keys.
    private let opened = Locked<[String: SealKey]>([:])

    package init(store: any Store, files: MasterKeyFiles, clock: any WallClock) {
        self.store = store
        self.files = files
        self.clock = clock
    }

    /// Seals bytes under the key of a scope, which is made when there is none.
    /// - Parameters:
    ///   - scope: unique on the server, and never used again once its key was destroyed.
    ///   - tenant: whose scope it is.
    ///   - context: the place that the bytes belong to, see ``SealContext``.
    /// - Throws: ``HearthError`` as ``key(for:of:in:)``.
    package func seal(
        _ bytes: Data, scope: String, tenant: Tenant, context: String, in db: any SQLConnection
    ) throws -> Data {
        try key(for: scope, of: tenant, in: db).seal(bytes, context: context)
    }

    /// Opens what ``seal(_:scope:tenant:context:in:)`` has sealed for this scope and this context.
    /// - Throws: ``HearthError`` `seal_broken`, and as ``key(of:in:)``.
    package func open(_ sealed: Data, scope: String, context: String, in db: any SQLConnection) throws -> Data {
        try key(of: scope, in: db).open(sealed, context: context)
    }

    /// The key of a scope, to seal by; made inside the transaction when there is none.
    /// - Throws: ``HearthError`` `key_destroyed`, `master_key_missing`, `master_key_wrong`, `master_key_unsafe`,
    ///   `storage_unavailable`.
    package func key(for scope: String, of tenant: Tenant, in db: any SQLConnection) throws -> SealKey {
        if let key = try known(scope, of: tenant, in: db) { return key }
        return try make(scope, tenant, in: db)
    }

    /// The key of a scope, to seal by; nil when it must be made first.
    func known(_ scope: String, of tenant: Tenant, in db: any SQLConnection) throws -> SealKey? {
        guard let row = try SealKeyTable.row(of: scope, in: db) else { return nil }
        guard row.tenant == tenant else {
            throw HearthError(.internalError, "The scope of sealed data belongs to another tenant.")
        }
        return try unwrap(row)
    }

    /// The key of a scope, to open by.
    /// - Throws: ``HearthError`` as ``key(for:of:in:)``.
    package func key(of scope: String, in db: any SQLConnection) throws -> SealKey {
        guard let row = try SealKeyTable.row(of: scope, in: db) else {
            throw HearthError(.keyDestroyed, "There is no key for these sealed data.")
        }
        return try unwrap(row)
    }

    /// Destroys the key of a scope with the transaction: what it has sealed opens nowhere any more, in no backup either
    /// that was made without the folder of keys. The scope cannot be used again.
    /// - Returns: whether there was a key.
    package func destroy(scope: String, in db: any SQLConnection) throws -> Bool {
        guard let half = try SealKeyTable.destroy(scope, in: db, now: clock.now()) else { return false }
        db.afterCommit { [self] in
            opened.withLock { $0[half] = nil }
            // What cannot be removed now is removed at the next start: the row says that it must be.
            try? KeyFile.destroy(path(ofHalf: half))
        }
        return true
    }

    /// Whether an error says that a key is not to be had, and not that its data were changed.
    package static func isLocked(_ code: HearthError.Code) -> Bool {
        [.masterKeyMissing, .masterKeyWrong, .masterKeyUnsafe, .keyDestroyed].contains(code)
    }

    private func make(_ scope: String, _ tenant: Tenant, in db: any SQLConnection) throws -> SealKey {
        let now = clock.now()
        let master = try masterForNewKeys(in: db)
        let (half, name) = (SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }, Identifier.make(now: now))
        // On disk before its row is: a transaction that is taken back leaves a file that the next start removes.
        guard try KeyFile.make(path(ofHalf: name), half) else {
            throw HearthError(.internalError, "A key could not be made.")
        }
        let key = SealKey(SymmetricKey(size: .bits256), scope: scope)
        try SealKeyTable.insert(
            scope: scope, tenant: tenant,
            wrapped: try key.wrapped(
                by: master.wrappingKey(half: half, scope: scope, tenant: tenant), context: name),
            half: name, masterID: master.id, in: db, now: now)
        keep(key, half: name)
        return key
    }

    private func unwrap(_ row: SealKeyTable.Row) throws -> SealKey {
        guard row.destroyedAt == nil, let wrapped = row.wrapped else {
            throw HearthError(.keyDestroyed, "The key of these data was destroyed: no one can read them any more.")
        }
        if let key = opened.withLock({ $0[row.half] }) { return key }
        let wrapping = try master(row.masterID).wrappingKey(
            half: try half(of: row), scope: row.scope, tenant: row.tenant)
        let key = try SealKey(wrapped, by: wrapping, scope: row.scope, context: row.half)
        keep(key, half: row.half)
        return key
    }

    private func keep(_ key: SealKey, half: String) {
        opened.withLock { opened in
            if opened.count >= Limits.openedSealKeys { opened = [:] }
            opened[half] = key
        }
    }

    private func half(of row: SealKeyTable.Row) throws -> Data {
        guard let half = try KeyFile.read(path(ofHalf: row.half)) else {
            throw HearthError(
                .keyDestroyed, "The second half of the key of these data is not in the folder \(files.folder).",
                hint: """
                    Where the database comes from a backup: the key was destroyed after that, and the data are deleted \
                    for good, or the folder `keys` was not restored with it.
                    """)
        }
        return half
    }

    private func path(ofHalf name: String) -> String { "\(files.folder)/\(name).half" }

    /// The master key in use, or the first one.
    private func masterForNewKeys(in db: any SQLConnection) throws -> MasterKey {
        if let id = try SealKeyTable.masterInUse(in: db) { return try master(id) }
        let key = try files.firstOrNew()
        masters.withLock { $0[key.id] = key }
        try SealKeyTable.setMaster(key.id, in: db)
        return key
    }

    private func master(_ id: String) throws -> MasterKey {
        if let key = masters.withLock({ $0[id] }) { return key }
        guard let key = try files.key(id) else { throw try files.absence(of: id) }
        masters.withLock { $0[id] = key }
        return key
    }
}

extension SealKeys {
    /// What makes sealed data unreadable now; nil when nothing does. It looks at the files, not at what is in memory.
    package func trouble() async -> HearthError? {
        let files = files
        do {
            return try await store.read { db in try Self.trouble(with: files, in: db) }
        } catch let error as HearthError {
            return error
        } catch {
            return HearthError(.internalError, "The keys of sealed data cannot be looked at.", cause: error)
        }
    }

    /// What would make sealed data unreadable with these master keys; nil when nothing would.
    /// - Throws: ``HearthError`` when the rows cannot be read.
    package static func trouble(with files: MasterKeyFiles, in db: any SQLConnection) throws -> HearthError? {
        let ids = try SealKeyTable.masterIDs(in: db) + [SealKeyTable.masterInUse(in: db)].compactMap { $0 }
        do {
            for id in Set(ids).sorted() where try files.key(id) == nil { return try files.absence(of: id) }
            return nil
        } catch {
            return error
        }
    }

    /// The identifier of the master key that new keys are wrapped by; nil as long as nothing was sealed.
    package func masterInUse() async throws -> String? {
        try await store.read { db in try SealKeyTable.masterInUse(in: db) }
    }

    /// Wraps every key by another master key, and makes that the one in use.
    ///
    /// It may be killed at any moment: each key is wrapped by one master key or the other, both are kept until none is
    /// wrapped by the old one, and another call goes on.
    /// - Returns: how many keys were wrapped by it.
    /// - Throws: ``HearthError`` `conflict` when nothing was sealed yet; as ``key(of:in:)``, with nothing changed.
    package func rotateMaster(to new: MasterKey) async throws -> Int {
        guard let inUse = try await masterInUse() else {
            throw HearthError(
                .conflict, "Nothing is sealed yet, so there is no master key to replace.",
                hint: "It is made when the first data are sealed, or taken from HEARTH_MASTER_KEY.")
        }
        try await requireOpenable(besides: new.id)
        try files.keepNext(new, inUse: inUse)
        masters.withLock { $0[new.id] = new }
        let log = AuditLog(clock: clock)
        try await store.write { db in
            try SealKeyTable.setMaster(new.id, in: db)
            guard inUse != new.id else { return }
            try log.append(
                AuditEvent("seal.master.rotate", by: .local, subject: new.id, details: ["from": .string(inUse)]), in: db
            )
        }
        return try await finishRotation() ?? 0
    }

    /// Goes on with a rotation that was not finished.
    /// - Returns: how many keys were wrapped by the key in use; nil when nothing was sealed yet.
    /// - Throws: as ``rotateMaster(to:)``.
    @discardableResult
    package func finishRotation() async throws -> Int? {
        guard let id = try await masterInUse() else { return nil }
        var count = 0
        while true {
            let step = try await store.write { [self] db in
                let rows = try SealKeyTable.rows(notBy: id, after: "", limit: Limits.stepItems, in: db)
                guard !rows.isEmpty else { return 0 }
                // Asked here, in case another rotation has begun meanwhile.
                guard try SealKeyTable.masterInUse(in: db) == id else {
                    throw HearthError(.conflict, "Another rotation of the master key has begun.")
                }
                for row in rows {
                    let wrapped = try unwrap(row).wrapped(
                        by: master(id).wrappingKey(half: half(of: row), scope: row.scope, tenant: row.tenant),
                        context: row.half)
                    _ = try SealKeyTable.setWrapped(wrapped, of: row, by: id, in: db)
                }
                return rows.count
            }
            if step == 0 { break }
            count += step
        }
        try files.settle(on: id)
        masters.withLock { $0 = $0.filter { $0.key == id } }
        return count
    }

    /// Before anything is changed: every key can be opened.
    private func requireOpenable(besides id: String) async throws {
        var rows: [SealKeyTable.Row] = []
        repeat {
            let last = rows.last?.scope ?? ""
            rows = try await store.read { db in
                try SealKeyTable.rows(notBy: id, after: last, limit: Limits.stepItems, in: db)
            }
            for row in rows {
                do {
                    _ = try half(of: row)
                    _ = try unwrap(row)
                } catch let error as HearthError {
                    throw HearthError(
                        error.code, "The key of `\(row.scope)` cannot be wrapped again. \(error.message)",
                        hint: "Nothing was changed. " + (error.hint ?? ""), cause: error)
                }
            }
        } while rows.count == Limits.stepItems
    }

    /// What a server does at its start: it removes what was left of destroyed keys, and goes on with a rotation.
    ///
    /// Halves without a row stay: where an older database was put back for a while, the newer one needs them.
    /// - Throws: ``HearthError`` of the rotation; sealed data can be read all the same.
    package func recover() async throws {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: files.folder)) ?? [])
            .filter { $0.hasSuffix(".half") }.map { String($0.dropLast(5)) }
        for name in try await store.read({ db in try SealKeyTable.destroyed(names, in: db) }) {
            try KeyFile.destroy(path(ofHalf: name))
        }
        guard let id = try await masterInUse() else { return }
        if try files.isNext(id) { try await finishRotation() }
    }
}
