import HearthCore
import NIOCore
import Synchronization

/// The open connections of a server, and what they wait for: when there are too many, some that only wait for their
/// clients are closed, so that no client can keep others out by connecting and saying little.
///
/// Closed first are connections of the address that has most; of these, those whose request's head is not whole, those
/// without a request, and last those whose body is on its way. Of each kind, the one that has waited longest goes
/// first: a client that sends what it has to say is done within milliseconds. A connection whose request is being
/// answered is never closed.
final class OpenConnections: Sendable {
    /// What a connection waits for, in the order in which they are closed.
    enum Wait: UInt64, Sendable {
        /// The rest of a request's head: it is not known who calls.
        case head = 0
        /// A request.
        case request = 1
        /// The rest of a request's body.
        case body = 2
        /// Its client waits, not the server.
        case nothing = 3
    }

    /// One connection.
    final class Entry: Sendable {
        /// Known once the connection is set up.
        fileprivate let address: @Sendable () -> String
        fileprivate let close: @Sendable () -> Void
        /// The wait in the two lowest bits; above, the nanoseconds at which it began.
        private let state: Atomic<UInt64>

        fileprivate init(
            address: @escaping @Sendable () -> String, now: NIODeadline, close: @escaping @Sendable () -> Void
        ) {
            self.address = address
            self.close = close
            state = Atomic(Self.packed(.request, now))
        }

        /// Notes what the connection waits for; asked by its own event loop only.
        func note(_ wait: Wait, now: NIODeadline) {
            guard state.load(ordering: .relaxed) & 3 != wait.rawValue else { return }
            state.store(Self.packed(wait, now), ordering: .relaxed)
        }

        fileprivate var waits: (for: Wait, since: UInt64) {
            let state = state.load(ordering: .relaxed)
            return (Wait(rawValue: state & 3) ?? .nothing, state >> 2)
        }

        private static func packed(_ wait: Wait, _ now: NIODeadline) -> UInt64 {
            now.uptimeNanoseconds << 2 | wait.rawValue
        }
    }

    private let limit: Int
    private let entries = Locked<[ObjectIdentifier: Entry]>([:])

    /// - Parameter limit: connections from which on some are closed.
    init(limit: Int) { self.limit = limit }

    /// Notes a connection, and closes others when there are too many.
    /// - Parameters:
    ///   - address: of the client, without its port; asked when there are too many.
    ///   - close: closes the connection; may be called on any thread.
    func add(
        _ address: @escaping @Sendable () -> String, now: NIODeadline, close: @escaping @Sendable () -> Void
    ) -> Entry {
        let entry = Entry(address: address, now: now, close: close)
        let crowd = entries.withLock { entries -> [Entry] in
            let crowd = entries.count >= limit ? Array(entries.values) : []
            entries[ObjectIdentifier(entry)] = entry
            return crowd
        }
        // Some at once, so that looking through all of them is rare.
        for victim in Self.victims(among: crowd, count: max(1, limit / 64)) {
            remove(victim)
            victim.close()
        }
        return entry
    }

    /// The connection is closed.
    func remove(_ entry: Entry) {
        entries.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(entry)) }
    }

    /// Those of a crowd that are closed.
    private static func victims(among crowd: [Entry], count: Int) -> [Entry] {
        guard !crowd.isEmpty else { return [] }
        let addressed = crowd.map { (entry: $0, address: $0.address()) }
        let shares = Dictionary(addressed.map { ($0.address, 1) }, uniquingKeysWith: +)
        let candidates = addressed.compactMap { entry, address -> (entry: Entry, rank: (Int, UInt64, UInt64))? in
            let waits = entry.waits
            guard waits.for != .nothing else { return nil }
            return (entry, (-(shares[address] ?? 0), waits.for.rawValue, waits.since))
        }
        return candidates.sorted { $0.rank < $1.rank }.prefix(count).map(\.entry)
    }
}
