import HearthCore
import HearthTesting
import Testing

@testable import HearthCommand

/// Work that is ended by its key.
@Suite(.timeLimit(.minutes(3))) struct MCPCancellationsTests {
    private let cancellations = MCPCancellations()

    @Test func workEndsByItselfAndWhenItIsCancelled() async throws {
        await cancellations.run(cancellations.open("a")) {}
        #expect(cancellations.count == 0)
        let place = cancellations.open("a")
        cancellations.cancel("b")
        cancellations.cancel("a")
        // Cancelled before it runs.
        await cancellations.run(place) { try? await Task.sleep(for: .seconds(3_600)) }
        #expect(cancellations.count == 0)
    }

    @Test func theEndOfOldWorkLeavesNewWorkOfTheSameKeyItsPlace() async throws {
        let old = cancellations.open("a")
        cancellations.cancel("a")
        // Unsubscribed, and subscribed again before the old work has ended.
        let new = cancellations.open("a")
        await cancellations.run(old) { try? await Task.sleep(for: .seconds(3_600)) }
        #expect(cancellations.count == 1)
        cancellations.cancel("a")
        await cancellations.run(new) { try? await Task.sleep(for: .seconds(3_600)) }
        #expect(cancellations.count == 0)
    }
}
