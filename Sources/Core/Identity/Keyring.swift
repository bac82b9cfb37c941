package import Logging
import ServiceLifecycle

import struct Foundation.Data

/// The keys as a front holds them: in memory, so that a request costs no read. When the version of the keys has changed,
/// also by another process, it reads what has changed.
package final class Keyring: Service {
    private struct State {
        var version: Int64 = 0
        /// Keys that were usable when they were read, by id.
        var entries: [String: KeyTable.Entry] = [:]
        /// The id of the key that a secret opens, by the secret's digest.
        var byDigest: [Data: String] = [:]
        /// Last uses that no row has yet, by key.
        var uses: [String: Int64] = [:]

        /// The key that a secret opens at a time.
        func key(opening digest: Data, at now: Int64) -> APIKey? {
            guard let entry = byDigest[digest].flatMap({ entries[$0] }), entry.key.isUsable(at: now),
                entry.digest == digest || now < entry.key.overlapUntil ?? 0
            else { return nil }
            return entry.key
        }

        mutating func set(_ entry: KeyTable.Entry) {
            remove(entry.key.keyID)
            entries[entry.key.keyID] = entry
            for digest in entry.digests { byDigest[digest] = entry.key.keyID }
        }

        mutating func remove(_ id: String) {
            guard let entry = entries.removeValue(forKey: id) else { return }
            for digest in entry.digests { byDigest[digest] = nil }
        }
    }

    private let store: any Store
    private let table = KeyTable()
    private let clock: any WallClock
    private let logger: Logger
    private let state = Locked(State())

    package init(store: any Store, clock: any WallClock, logger: Logger) {
        self.store = store
        self.clock = clock
        self.logger = logger
    }

    /// Whether there has ever been a key. Once there has, every caller needs one, also when the last has ended.
    package var isInUse: Bool { state.withLock { $0.version > 0 } }

    /// Whether a usable key exists now.
    package var hasUsableKey: Bool {
        let now = clock.now()
        return state.withLock { state in state.entries.values.contains { $0.key.isUsable(at: now) } }
    }

    /// How many keys are in memory: the usable ones of all tenants, and a few that have expired lately.
    package var count: Int { state.withLock { $0.entries.count } }

    /// The caller who shows a key, and a note that it was used.
    /// - Throws: ``HearthError`` `unauthorized` when no such key is usable now.
    package func credential(showing text: String) throws(HearthError) -> AcceptedCredential {
        let digest = KeySecret.digest(of: text)
        let now = clock.now()
        let key = state.withLock { state -> APIKey? in
            let key = state.key(opening: digest, at: now)
            if let key { state.uses[key.keyID] = now }
            return key
        }
        guard let key else {
            throw HearthError(
                .unauthorized, "The API key is unknown, has expired or was revoked.",
                hint: "An administrator makes keys by `hearth keys create`.")
        }
        return AcceptedCredential(key.principal) { [self] in
            let now = clock.now()
            return state.withLock { $0.key(opening: digest, at: now) != nil }
        }
    }

    /// Reads the keys that have changed.
    package func refresh() async throws {
        let known = state.withLock { $0.version }
        let (table, now) = (table, clock.now())
        guard let change = try await store.read({ db in try table.change(since: known, in: db, now: now) }) else {
            return
        }
        state.withLock { state in
            // Two refreshes may overlap: the older one must not win. The newer one has what the older one has.
            guard change.version > state.version else { return }
            state.version = change.version
            if change.isWhole { (state.entries, state.byDigest) = ([:], [:]) }
            for entry in change.entries {
                if entry.key.isUsable(at: now) { state.set(entry) } else { state.remove(entry.key.keyID) }
            }
        }
    }

    /// Accepts a key no longer, whether or not its row can be read again.
    package func end(_ id: String) { state.withLock { $0.remove(id) } }

    /// Takes the keys that have expired out of memory: no change of a row tells of them.
    private func removeExpired() {
        let now = clock.now()
        state.withLock { state in
            for (id, entry) in state.entries where !entry.key.isUsable(at: now) { state.remove(id) }
        }
    }

    /// Writes down when keys were last used: one write for all of them, now and then.
    package func writeUses() async throws {
        let uses = state.withLock { state in
            defer { state.uses = [:] }
            return state.uses
        }
        guard !uses.isEmpty else { return }
        let table = table
        do {
            try await store.write { db in
                for (id, time) in uses { try table.touch(id, in: db, at: time) }
            }
        } catch {
            state.withLock { $0.uses.merge(uses) { newer, _ in newer } }
            throw error
        }
    }

    /// Reads changes of the keys and writes down when they were used last, until the server stops.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            var round = 0
            while (try? await Task.sleep(for: Limits.keyRefresh)) != nil {
                round += 1
                await self.attempt("Keys could not be read; those that are known still hold") {
                    try await self.refresh()
                }
                guard round.isMultiple(of: Limits.keyUseRounds) else { continue }
                self.removeExpired()
                await self.attempt("The last use of keys could not be written") { try await self.writeUses() }
            }
        }
        await attempt("The last use of keys could not be written") { try await self.writeUses() }
    }

    private func attempt(_ failure: Logger.Message, _ body: () async throws -> Void) async {
        do {
            try await body()
        } catch {
            logger.warning(failure, metadata: ["error": "\(error)"])
        }
    }
}
