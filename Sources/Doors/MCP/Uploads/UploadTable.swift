import Foundation
package import HearthCore
import HearthHTTP
import NIOCore
import ServiceLifecycle

/// Pictures that are sent by a link, until a call that names one is accepted: in memory, for a few minutes.
///
/// A chat cannot send the picture of its user with a call, but the user can send it to a link. Who has a link may use
/// it, once: it is as secret as a key, and worth a picture of its tenant.
package final class UploadTable: Service {
    /// A link, and what came by it.
    private enum State {
        case open
        case receiving
        case received(ByteBuffer, BodyReservation?)
        /// A call has the picture, and is not known yet to be accepted.
        case claimed(ByteBuffer, BodyReservation?)
    }

    private struct Entry {
        let tenant: Tenant
        /// Milliseconds since 1970.
        var end: Int64
        var state: State

        var bytes: Int {
            switch state {
            case .open, .receiving: 0
            case .received(let buffer, _), .claimed(let buffer, _): buffer.readableBytes
            }
        }
    }

    private let clock: any WallClock
    private let entries = Locked<[String: Entry]>([:])

    package init(clock: any WallClock) { self.clock = clock }

    /// Links and pictures that are kept now.
    package var count: Int { entries.withLock { $0.count } }

    /// Forgets links that are too old, until the server stops.
    package func run() async throws {
        try? await cancelWhenGracefulShutdown { [self] in
            while true {
                try await Task.sleep(for: Limits.uploadUpkeep)
                removeOld()
            }
        }
    }

    /// Forgets links and pictures that are too old.
    package func removeOld() {
        let now = clock.now()
        entries.withLock { entries in entries = entries.filter { $0.value.end > now } }
    }

    /// Makes a link.
    /// - Returns: its identifier, and until when it is accepted, in milliseconds since 1970.
    /// - Throws: ``HearthError`` `overloaded`.
    func open(for tenant: Tenant) throws(HearthError) -> (id: String, end: Int64) {
        try add(Entry(tenant: tenant, end: clock.now() + Limits.uploadLife.milliseconds, state: .open))
    }

    /// Keeps a picture that came without a link.
    /// - Throws: ``HearthError`` `overloaded`.
    func add(
        _ buffer: ByteBuffer, _ reservation: BodyReservation?, for tenant: Tenant
    ) throws(HearthError) -> (id: String, end: Int64) {
        let end = clock.now() + Limits.uploadLife.milliseconds
        return try add(Entry(tenant: tenant, end: end, state: .received(buffer, reservation)))
    }

    private func add(_ entry: Entry) throws(HearthError) -> (id: String, end: Int64) {
        removeOld()
        let id = Self.makeID()
        let isIn = entries.withLock { entries in
            guard entries.count < Limits.uploads,
                entries.values.count(where: { $0.tenant == entry.tenant }) < Limits.tenantUploads,
                Self.fits(entry.bytes, of: entry.tenant, in: entries)
            else { return false }
            entries[id] = entry
            return true
        }
        guard isIn else { throw Self.full }
        return (id, entry.end)
    }

    /// Half of all memory is for one tenant at most.
    private static func fits(_ bytes: Int, of tenant: Tenant, in entries: [String: Entry]) -> Bool {
        guard bytes > 0 else { return true }
        let own = entries.values.reduce(0) { $0 + ($1.tenant == tenant ? $1.bytes : 0) }
        let all = entries.values.reduce(0) { $0 + $1.bytes }
        return own + bytes <= Limits.uploadedBytes / 2 && all + bytes <= Limits.uploadedBytes
    }

    private static let full = HearthError(
        .overloaded, "Too many uploads are open.", hint: "Use those that there are, or wait five minutes.",
        retryAfter: 30)

    /// Whether a link can be used now.
    func isOpen(_ id: String) -> Bool {
        removeOld()
        return entries.withLock { entries in if case .open? = entries[id]?.state { true } else { false } }
    }

    /// Receives what is sent to a link. When that fails the link can be used again.
    /// - Throws: ``HearthError`` `not_found` for a link that is unknown, was used or is too old, `overloaded`, and what
    ///   `body` throws.
    func receive(_ id: String, _ body: () async throws -> (ByteBuffer, BodyReservation?)) async throws {
        removeOld()
        let end = clock.now() + Limits.uploadLife.milliseconds
        let isOpen = entries.withLock { entries in
            guard case .open? = entries[id]?.state else { return false }
            entries[id]?.state = .receiving
            // A body that is on its way must not become too old.
            entries[id]?.end = end
            return true
        }
        guard isOpen else { throw Self.unknown }
        do {
            let (buffer, reservation) = try await body()
            let isIn = entries.withLock { entries in
                guard let entry = entries[id], Self.fits(buffer.readableBytes, of: entry.tenant, in: entries) else {
                    return false
                }
                entries[id]?.state = .received(buffer, reservation)
                return true
            }
            guard isIn else { throw Self.full }
        } catch {
            entries.withLock { $0[id]?.state = .open }
            throw error
        }
    }

    /// Gives a picture to a call; no other call gets it until this one is accepted, or refused.
    /// - Throws: ``HearthError`` `not_found`, and `conflict` when nothing was sent to the link yet, or another call has
    ///   the picture.
    func claim(_ id: String, for tenant: Tenant) throws(HearthError) -> UploadClaim {
        removeOld()
        let found: State? = entries.withLock { entries in
            guard let entry = entries[id], entry.tenant == tenant else { return nil }
            if case .received(let buffer, let reservation) = entry.state {
                entries[id]?.state = .claimed(buffer, reservation)
            }
            return entry.state
        }
        switch found {
        case .received(let buffer, let reservation): return UploadClaim(self, id, buffer, reservation)
        case nil: throw Self.unknown
        case .open, .receiving:
            throw HearthError(
                .conflict, "Nothing has arrived by this link yet.",
                hint: "Send the picture by PUT to its `url`, or ask the user to open it; then call again.")
        case .claimed:
            throw HearthError(
                .conflict, "Another call uses this upload now.",
                hint: "Wait for its answer; when that call is refused, the upload can be used again.")
        }
    }

    /// Ends a claim: the picture is used up, or there for another call.
    fileprivate func endClaim(_ id: String, isUsed: Bool) {
        entries.withLock { entries in
            // It is used up, or has become too old meanwhile.
            guard case .claimed(let buffer, let reservation)? = entries[id]?.state else { return }
            if isUsed { entries[id] = nil } else { entries[id]?.state = .received(buffer, reservation) }
        }
    }

    private static let unknown = HearthError(
        .notFound, "There is no such upload: it was used, or is older than five minutes.",
        hint: "Call `upload_link` for another one.")

    /// 128 random bits.
    private static func makeID() -> String {
        var random = SystemRandomNumberGenerator()
        let bytes = withUnsafeBytes(of: (random.next() as UInt64, random.next() as UInt64)) { Data($0) }
        return bytes.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}

/// A picture that one call has, as long as the value lives; another call may have it afterwards, unless this one was
/// accepted.
final class UploadClaim: Sendable {
    let bytes: ByteBuffer
    /// Counts the bytes also when the table has forgotten them as too old.
    private let reservation: BodyReservation?
    private let table: UploadTable
    private let id: String

    fileprivate init(_ table: UploadTable, _ id: String, _ bytes: ByteBuffer, _ reservation: BodyReservation?) {
        self.table = table
        self.id = id
        self.bytes = bytes
        self.reservation = reservation
    }

    deinit { table.endClaim(id, isUsed: false) }

    /// The call was accepted: no other one gets the picture.
    func use() { table.endClaim(id, isUsed: true) }
}
