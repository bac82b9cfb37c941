import HTTPTypes
import HearthCore
import HearthHTTP
import HearthJSON
import Hummingbird
import NIOCore
import Testing

@testable import HearthDoors
@testable import HearthHTTP

/// Answers in memory count against the budget of bodies until they are taken.
@Suite struct HeldAnswerTests {
    private let budget = BodyBudget(limit: 3 * Limits.countedAnswer)

    private func answer(_ bytes: Int) -> Response {
        Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(repeating: 1, count: bytes)))
    }

    private func route(_ permission: Permission = .read, streamsAnswer: Bool = false) -> DoorRoute {
        DoorRoute(
            .post, "/x", access: .credential(permission), streamsAnswer: streamsAnswer,
            describe: OpenAPIEntry("x", "X.", answer: [:]), answer: { _ in Response(status: .ok) })
    }

    @Test func anAnswerHoldsItsBytesUntilItIsDropped() throws {
        var held = [try HeldAnswer.counted(answer(2 * Limits.countedAnswer), of: route(), by: budget)]
        #expect(budget.bytesInFlight == 2 * Limits.countedAnswer)
        #expect(held[0].body.contentLength == 2 * Limits.countedAnswer)
        let error = #expect(throws: HearthError.self) {
            _ = try HeldAnswer.counted(answer(2 * Limits.countedAnswer), of: route(), by: budget)
        }
        #expect(error?.code == .overloaded)
        held.removeAll()
        #expect(budget.bytesInFlight == 0)
    }

    /// A client tries again what was refused as `overloaded`: it must not have been done.
    @Test func whatHasChangedSomethingIsAnsweredThoughThereIsNoRoom() throws {
        var held = [try HeldAnswer.counted(answer(9 * Limits.countedAnswer), of: route(.write), by: budget)]
        #expect(budget.bytesInFlight == 9 * Limits.countedAnswer)
        #expect(throws: HearthError.self, "others wait meanwhile") {
            _ = try HeldAnswer.counted(answer(Limits.countedAnswer), of: route(), by: budget)
        }
        held.removeAll()
        #expect(budget.bytesInFlight == 0)
    }

    @Test func whatIsShortOrReadWhileItIsSentIsNotCounted() throws {
        let held = [
            try HeldAnswer.counted(answer(Limits.countedAnswer - 1), of: route(), by: budget),
            try HeldAnswer.counted(answer(9 * Limits.countedAnswer), of: route(streamsAnswer: true), by: budget),
        ]
        #expect(budget.bytesInFlight == 0)
        withExtendedLifetime(held) {}
    }

    @Test func theBytesAreWrittenAndGivenBack() async throws {
        let sent = Locked(0)
        do {
            let held = try HeldAnswer.counted(answer(2 * Limits.countedAnswer), of: route(), by: budget)
            try await held.body.write(CountingWriter(sent: sent))
        }
        #expect(sent.withLock { $0 } == 2 * Limits.countedAnswer)
        #expect(budget.bytesInFlight == 0)
    }

    private struct CountingWriter: ResponseBodyWriter {
        let sent: Locked<Int>

        mutating func write(_ buffer: ByteBuffer) async throws { sent.withLock { $0 += buffer.readableBytes } }
        consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }

    @Test(arguments: [(100, 1_000_000, 400), (300_000, 1_000_000, 1_000_000), (100, nil, 400), (900, 800, 900)])
    func memoryForABodyIsTakenAsItArrives(needed: Int, announced: Int?, expected: Int) {
        #expect(RequestBody.capacity(for: needed, announced: announced) == expected)
    }
}
