import Foundation
import HearthCore
import HearthTesting
import Testing

@testable import HearthLocalFiles

/// Signals between the processes of a data folder; each board here stands for a process.
@Suite(.timeLimit(.minutes(3))) struct WakeBoardTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Rings until the listener has heard it: the other board may not have been seen in the folder yet.
    private func hears(_ rings: AsyncStream<Void>, from board: WakeBoard) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                for await _ in rings { return true }
                return false
            }
            group.addTask {
                while !Task.isCancelled {
                    board.ring()
                    try? await Task.sleep(for: .milliseconds(20))
                }
                return false
            }
            let isHeard = try await group.next()
            group.cancelAll()
            #expect(isHeard == true)
        }
    }

    /// A socket in the folder whose process has been killed: bound, and nobody holds it any more.
    private func leaveDeadPeer(_ name: String) throws {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: folder.file(name).utf8) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
    }

    @Test func aBoardHearsItself() async throws {
        let board = try WakeBoard(folder: folder.path, name: "front")
        defer { board.shutDown() }
        var rings = board.rings().makeAsyncIterator()
        board.ring()
        #expect(await rings.next() != nil)
    }

    @Test func whoWantsNoRingsIsNotWoken() async throws {
        let board = try WakeBoard(folder: folder.path, name: "front")
        let isWanted = Locked(false)
        var rings = board.rings { isWanted.withLock { $0 } }.makeAsyncIterator()
        board.ring()
        board.shutDown()
        #expect(await rings.next() == nil, "the ring was kept")
        let other = try WakeBoard(folder: folder.path, name: "other")
        defer { other.shutDown() }
        var wanted = other.rings { isWanted.withLock { $0 } }.makeAsyncIterator()
        isWanted.withLock { $0 = true }
        other.ring()
        #expect(await wanted.next() != nil)
    }

    @Test func boardsOfOneFolderRingEachOther() async throws {
        let front = try WakeBoard(folder: folder.path, name: "front")
        let worker = try WakeBoard(folder: folder.path, name: "worker")
        defer {
            front.shutDown()
            worker.shutDown()
        }
        try await hears(worker.rings(), from: front)
        try await hears(front.rings(), from: worker)
    }

    @Test func boardsOfOtherFoldersHearNothing() async throws {
        let other = try TemporaryFolder()
        let front = try WakeBoard(folder: folder.path, name: "front")
        let witness = try WakeBoard(folder: folder.path, name: "witness")
        let stranger = try WakeBoard(folder: other.path, name: "stranger")
        defer { for board in [front, witness] { board.shutDown() } }
        let rings = stranger.rings()
        try await hears(witness.rings(), from: front)
        // What has been rung is in its stream by now: the end of the stream is the first thing the stranger hears.
        stranger.shutDown()
        var heard = 0
        for await _ in rings { heard += 1 }
        #expect(heard == 0)
    }

    @Test func everyListenerOfABoardHearsARing() async throws {
        let board = try WakeBoard(folder: folder.path, name: "front")
        defer { board.shutDown() }
        let listeners = (0..<5).map { _ in board.rings() }
        board.ring()
        for listener in listeners {
            var rings = listener.makeAsyncIterator()
            #expect(await rings.next() != nil)
        }
    }

    @Test func ringsThatNobodyHasTakenAreFoldedIntoOne() async throws {
        let board = try WakeBoard(folder: folder.path, name: "front")
        let rings = board.rings()
        for _ in 0..<1_000 { board.ring() }
        board.shutDown()
        var heard = 0
        for await _ in rings { heard += 1 }
        #expect(heard == 1)
    }

    @Test func aPeerThatHasDiedKeepsNobodyFromBeingRung() async throws {
        for name in ["a.wake", "m.wake", "z.wake"] { try leaveDeadPeer(name) }
        let front = try WakeBoard(folder: folder.path, name: "front")
        let worker = try WakeBoard(folder: folder.path, name: "worker")
        defer {
            front.shutDown()
            worker.shutDown()
        }
        try await hears(worker.rings(), from: front)
    }

    @Test func aPeerThatComesBackIsRungAgain() async throws {
        let front = try WakeBoard(folder: folder.path, name: "front")
        defer { front.shutDown() }
        for _ in 0..<3 {
            let worker = try WakeBoard(folder: folder.path, name: "worker")
            try await hears(worker.rings(), from: front)
            worker.shutDown()
            front.ring()
        }
        try leaveDeadPeer("worker.wake")
        front.ring()
        // What a killed process has left does not keep its successor from binding the same name.
        let worker = try WakeBoard(folder: folder.path, name: "worker")
        defer { worker.shutDown() }
        try await hears(worker.rings(), from: front)
    }

    @Test func shuttingDownEndsTheStreamsAndRemovesTheSocket() async throws {
        let board = try WakeBoard(folder: folder.path, name: "front")
        let rings = board.rings()
        #expect(FileManager.default.fileExists(atPath: folder.file("front.wake")))
        board.shutDown()
        for await _ in rings {}
        #expect(!FileManager.default.fileExists(atPath: folder.file("front.wake")))
        for await _ in board.rings() {}
        board.ring()
        board.shutDown()
    }

    @Test func aPathThatIsTooLongForASocketIsAnError() throws {
        let name = String(repeating: "x", count: 120)
        let error = #expect(throws: HearthError.self) { try WakeBoard(folder: folder.path, name: name) }
        #expect(error?.code == .storageUnavailable)
        #expect(error?.hint?.contains("short") == true)
        let missing = #expect(throws: HearthError.self) { try WakeBoard(folder: folder.file("none"), name: "front") }
        #expect(missing?.code == .storageUnavailable)
    }

    @Test func ringsFromManyThreadsLoseNoWakeUp() async throws {
        let front = try WakeBoard(folder: folder.path, name: "front")
        let workers = try (0..<4).map { try WakeBoard(folder: folder.path, name: "worker-\($0)") }
        defer { for board in [front] + workers { board.shutDown() } }
        let listeners = workers.map { $0.rings() }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { for _ in 0..<200 { front.ring() } } }
        }
        for listener in listeners {
            var rings = listener.makeAsyncIterator()
            #expect(await rings.next() != nil)
        }
    }
}
