import HearthCore
import Testing

@Suite struct BackoffTests {
    private let backoff = Backoff(first: .milliseconds(50), longest: .seconds(1))

    @Test func eachPauseIsTwiceTheOneBeforeUpToTheLongest() {
        #expect((1...7).map { backoff.pause(after: $0).milliseconds } == [50, 100, 200, 400, 800, 1_000, 1_000])
        #expect(backoff.pause(after: .max) == .seconds(1))
    }

    @Test(arguments: [0, -1, .min]) func withoutAFailureThereIsNoPause(failures: Int) {
        #expect(backoff.pause(after: failures) == .zero)
    }
}
