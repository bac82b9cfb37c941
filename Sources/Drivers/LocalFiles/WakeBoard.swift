import Dispatch
import Foundation
import HearthCore

/// Signals between the processes of one data folder: each binds a datagram socket in the folder's `run/`.
///
/// A signal is one byte to each of the other sockets. Nothing is queued beyond the kernel's buffer and nothing waits: a
/// full buffer already means that the receiver has a wake-up to come.
package final class WakeBoard: JobSignal {
    private struct Listener: Sendable {
        let continuation: AsyncStream<Void>.Continuation
        let isWanted: @Sendable () -> Bool
    }

    private struct State {
        var peers: [String] = []
        var listedAt: ContinuousClock.Instant?
        var listeners: [UUID: Listener] = [:]
        var isClosed = false
    }

    private let folder: String
    private let ownName: String
    private let descriptor: Int32
    // DispatchSourceRead is thread-safe by its documentation; the protocol is not marked so on Linux.
    nonisolated(unsafe) private let source: any DispatchSourceRead
    private let state = Locked(State())

    /// Binds `<folder>/<name>.wake`.
    /// - Throws: ``HearthError`` `storage_unavailable` when the socket cannot be made.
    package init(folder: String, name: String) throws {
        self.folder = folder
        ownName = "\(name).wake"
        let path = "\(folder)/\(ownName)"
        unlink(path)
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | O_NONBLOCK | O_CLOEXEC, 0)
        self.descriptor = descriptor
        let bound = Self.withAddress(path) { bind(descriptor, $0, $1) }
        guard descriptor >= 0, bound == 0 else {
            if descriptor >= 0 { close(descriptor) }
            throw HearthError(
                .storageUnavailable, "The signal socket \(path) cannot be made: \(String(cString: strerror(errno))).",
                hint: "The path of the data folder must be short (under 80 characters) and writable.")
        }
        source = DispatchSource.makeReadSource(
            fileDescriptor: descriptor, queue: DispatchQueue(label: "hearth.wake"))
        source.setEventHandler { [weak self] in
            var byte: UInt8 = 0
            while recv(descriptor, &byte, 1, 0) >= 0 {}
            self?.notify()
        }
        source.setCancelHandler { close(descriptor) }
        source.activate()
    }

    deinit { source.cancel() }

    /// Stops listening, ends the streams of `rings()` and removes the socket.
    package func shutDown() {
        let listeners = state.withLock { state -> [Listener]? in
            guard !state.isClosed else { return nil }
            state.isClosed = true
            defer { state.listeners = [:] }
            return Array(state.listeners.values)
        }
        guard let listeners else { return }
        for listener in listeners { listener.continuation.finish() }
        unlink("\(folder)/\(ownName)")
        source.cancel()
    }

    /// Wakes the listeners of this process and of all others that use the folder.
    package func ring() {
        notify()
        // Sent under the lock, so that the descriptor is not closed, and perhaps someone else's, meanwhile.
        state.withLock { state in
            guard !state.isClosed else { return }
            listPeers(&state)
            // A socket without a process gets no more signals until the folder is listed again.
            state.peers.removeAll { !send(to: $0) }
        }
    }

    /// An element for each ring; those that come before it is read are one. It ends when the board closes.
    /// - Parameter isWanted: asked at a ring: the listener is left alone while it is false.
    package func rings(while isWanted: @escaping @Sendable () -> Bool) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let id = UUID()
        let isClosed = state.withLock { state in
            if !state.isClosed { state.listeners[id] = Listener(continuation: continuation, isWanted: isWanted) }
            return state.isClosed
        }
        if isClosed { continuation.finish() }
        continuation.onTermination = { [weak self] _ in
            _ = self?.state.withLock { $0.listeners.removeValue(forKey: id) }
        }
        return stream
    }

    private func notify() {
        let listeners = state.withLock { Array($0.listeners.values) }
        for listener in listeners where listener.isWanted() { listener.continuation.yield() }
    }

    /// Finds the other processes' sockets, four times a second at most.
    private func listPeers(_ state: inout State) {
        let now = ContinuousClock.now
        if let listedAt = state.listedAt, now - listedAt < .milliseconds(250) { return }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        state.peers = names.filter { $0.hasSuffix(".wake") && $0 != ownName }.map { "\(folder)/\($0)" }
        state.listedAt = now
    }

    /// - Returns: false when no process is bound to it.
    private func send(to peer: String) -> Bool {
        var byte: UInt8 = 1
        let sent = Self.withAddress(peer) {
            sendto(descriptor, &byte, 1, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL), $0, $1)
        }
        return sent >= 0 || errno == EAGAIN || errno == EINTR
    }

    private static func withAddress(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> some BinaryInteger
    ) -> Int {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < capacity else {
            errno = ENAMETOOLONG
            return -1
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Int(body($0, socklen_t(MemoryLayout<sockaddr_un>.size)))
            }
        }
    }
}
