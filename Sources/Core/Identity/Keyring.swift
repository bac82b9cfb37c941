package import Logging
import ServiceLifecycle

import struct Foundation.Data

/// The keys as a front holds them: in memory, so that a request costs no read; brought up to date when their version
/// has changed, also by another process.
package final class Keyring: Service {
    private struct State {
        var version: Int64 = 0
        var byDigest: [Data: KeyTable.Entry] = [:]
        /// Last uses that no row has yet, by key.
        var uses: [String: Int64] = [:]
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
        return state.withLock { state in state.byDigest.values.contains { $0.key.isUsable(at: now) } }
    }

    /// The caller who shows a key, and a note that it was used.
    /// - Throws: ``HearthError`` `unauthorized` when no such key is usable now.
    package func principal(showing text: String) throws(HearthError) -> Principal {
        let digest = KeySecret.digest(of: text)
        let now = clock.now()
        let key = state.withLock { state -> APIKey? in
            guard let entry = state.byDigest[digest], entry.key.isUsable(at: now),
                entry.digest == digest || now < entry.key.overlapUntil ?? 0
            else { return nil }
            state.uses[entry.key.keyID] = now
            return entry.key
        }
        guard let key else {
            throw HearthError(
                .unauthorized, "The API key is unknown, has expired or was revoked.",
                hint: "An administrator makes keys by `hearth keys create`.")
        }
        return key.principal
    }

    /// Reads the keys again when they have changed.
    package func refresh() async throws {
        let known = state.withLock { $0.version }
        let (table, now) = (table, clock.now())
        let change = try await store.read { db -> (version: Int64, entries: [KeyTable.Entry])? in
            let version = try table.version(in: db)
            return version == known ? nil : (version, try table.usable(in: db, now: now))
        }
        guard let change else { return }
        var byDigest: [Data: KeyTable.Entry] = [:]
        for entry in change.entries {
            byDigest[entry.digest] = entry
            if let previous = entry.previousDigest { byDigest[previous] = entry }
        }
        state.withLock { state in
            // Two refreshes may overlap: the older one must not win.
            guard change.version > state.version else { return }
            state.version = change.version
            state.byDigest = byDigest
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

    /// Reads the keys again and writes down when they were used last, until the server stops.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            var round = 0
            while (try? await Task.sleep(for: Limits.keyRefresh)) != nil {
                round += 1
                await self.attempt("Keys could not be read; those that are known still hold") {
                    try await self.refresh()
                }
                guard round.isMultiple(of: Limits.keyUseRounds) else { continue }
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
