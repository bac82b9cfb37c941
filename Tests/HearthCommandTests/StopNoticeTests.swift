import Foundation
import HearthCore
import HearthTesting
import Testing

@testable import HearthCommand

/// A server that is asked to stop says what it waits for.
@Suite struct StopNoticeTests {
    @Test(
        arguments: [
            ([:], "Stopping: no job runs. Ctrl-C again ends it at once."),
            (["extract": 1], "Stopping: waiting for 1 job, at most 35 s. Ctrl-C again ends it at once."),
            (
                ["extract": 2, "render": 1],
                "Stopping: 1 output goes back to the queue and will be made after the next start; waiting for 2 jobs, "
                    + "at most 35 s. Ctrl-C again ends it at once."
            ),
        ] as [([String: Int], String)])
    func itSaysWhatIsWaitedFor(running: [String: Int], text: String) {
        #expect(StopNotice.text(running: running, goingBack: ["render"]) == text)
    }

    @Test func theProgramSaysSo() async throws {
        let folder = try TemporaryFolder()
        let server = try RunningHearth(["serve", "--port", "0"], in: folder, ["HEARTH_WORKER": "false"])
        try await eventually("it runs") { server.output.contains("listens at") }
        server.signal(SIGTERM)
        let ended = try await server.end()
        #expect(ended.code == 0 && ended.output.contains("Stopping: no job runs."), "\(ended.text)")
    }
}
