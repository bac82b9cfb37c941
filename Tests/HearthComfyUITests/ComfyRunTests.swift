import Foundation
import HearthCore
import HearthJSON
import HearthTesting
import NIOCore
import Testing

@testable import HearthComfyUI

/// The machine alone: messages and sightings in, what to do out.
@Suite struct ComfyRunTests {
    private let id = "0190a000-0000-7000-8000-000000000001"

    private func run() -> ComfyRun { ComfyRun(prompt: id, classes: ["3": "KSampler", "9": "SaveImage"]) }

    private func seen(_ place: ComfySighting.Place, _ end: ComfyRun.End? = nil) -> ComfySighting {
        var sighting = ComfySighting(place: place, history: nil)
        if let end {
            sighting.history = ComfyHistory([id: ["outputs": [:], "status": ["status_str": "success"]]], of: id)
            sighting.history?.end = end
        }
        return sighting
    }

    @Test func recordedOrderLeadsToALookAtTheHistory() throws {
        var run = run()
        var actions: [ComfyRun.Action] = []
        for step in try Recording("txt2img").steps(id: id) {
            switch step {
            case .text(let text): actions.append(try run.receive(ComfyMessage(text: Data(text.utf8))))
            case .binary(let bytes): actions.append(try run.receive(ComfyMessage(binary: .init(bytes: bytes))))
            case .history(let entry):
                #expect(run.state == .settling(reads: 0))
                let history = try #require(ComfyHistory([id: entry], of: id))
                guard case .finished(let files) = history.end else {
                    Issue.record("not finished")
                    return
                }
                #expect(files.count == 1 && files[0].type == "output" && files[0].node == "9")
            }
        }
        // Once for the success, once for the node that is null: the race is between the two.
        #expect(actions.count { $0 == .look } == 2)
        #expect(actions.contains(.report))
    }

    @Test func messageNeverEndsARun() throws {
        var run = run()
        for message: ComfyMessage in [
            .started(prompt: id), .succeeded(prompt: id), .executing(prompt: id, node: nil),
            .failed(prompt: id, ComfyNodeFailure(nil)), .interrupted(prompt: id),
        ] { _ = try run.receive(message) }
        #expect(!run.isEnded)
    }

    @Test func messagesAboutOthersAreNotHeard() throws {
        var run = run()
        let others: [ComfyMessage] = [
            .started(prompt: "other"), .succeeded(prompt: "other"), .interrupted(prompt: "other"),
            .progress(prompt: "other", node: "3", value: 1, maximum: 2), .executing(prompt: nil, node: "3"),
            .preview(prompt: "other", Data([0xFF, 0xD8])),
        ]
        for message in others { #expect(try run.receive(message) == .none) }
        #expect(run.state == .waiting(before: nil))
    }

    @Test func progressWithoutAPromptCountsOnlyWhileItRuns() throws {
        var run = run()
        let step = ComfyMessage.progress(prompt: nil, node: "3", value: 1, maximum: 2)
        #expect(try run.receive(step) == .none)
        _ = try run.receive(.started(prompt: id))
        #expect(try run.receive(step) == .report)
        let progress = run.takeProgress()
        #expect(progress.stage == .sampling && progress.step == 1 && progress.steps == 2)
    }

    @Test func placeInTheQueueIsSaid() {
        var run = run()
        #expect(run.see(seen(.pending(before: 2))) == .report)
        #expect(run.takeProgress().message == "2 before it in the server's queue.")
        #expect(run.takeProgress().stage == .queued)
    }

    @Test func historyEndsItFromEveryState() throws {
        let end = ComfyRun.End.finished([])
        var waiting = run()
        #expect(waiting.see(seen(.absent, end)) == .end(end))
        var running = run()
        _ = try running.receive(.started(prompt: id))
        #expect(running.see(seen(.absent, end)) == .end(end))
        #expect(running.see(seen(.running)) == .none, "nothing follows the end")
        #expect(try running.receive(.succeeded(prompt: id)) == .none)
    }

    @Test func historyThatIsNotWrittenYetIsAwaitedSoManyTimes() throws {
        var run = run()
        _ = try run.receive(.succeeded(prompt: id))
        for _ in 0..<Limits.comfyUIHistoryReads { #expect(run.see(seen(.absent)) == .lookAgain) }
        #expect(run.see(seen(.absent)) == .end(.lost(hadStarted: true)))
    }

    @Test func promptThatStillRunsAfterItsEndWasSaidIsLookedAtAgain() throws {
        var run = run()
        _ = try run.receive(.succeeded(prompt: id))
        #expect(run.see(seen(.running)) == .lookAgain)
        #expect(run.see(seen(.absent, .finished([]))) == .end(.finished([])))
    }

    @Test func promptThatIsNowhereIsLost() throws {
        var waiting = run()
        #expect(waiting.see(seen(.absent)) == .end(.lost(hadStarted: false)))
        var running = run()
        _ = running.see(seen(.running))
        #expect(running.see(seen(.absent)) == .end(.lost(hadStarted: true)))
        var unknown = run()
        #expect(unknown.see(seen(.unknown)) == .none)
    }

    @Test func bytesThatAreNoMessagesAreBorneForAWhile() throws {
        var run = run()
        for _ in 0..<Limits.comfyUIGarbage { #expect(try run.receive(nil) == .none) }
        _ = try run.receive(.other)
        for _ in 0..<Limits.comfyUIGarbage { #expect(try run.receive(nil) == .none) }
        #expect(throws: ComfyRun.Garbage.self) { try run.receive(nil) }
    }

    @Test func nodesThatWereKeptFromEarlierCountAsDone() throws {
        var run = run()
        _ = try run.receive(.cached(prompt: id, nodes: ["3"]))
        #expect(run.takeProgress().overall > 0.9)
    }

    @Test func numbersOfAServerThatLiesStayInBounds() throws {
        var run = run()
        _ = try run.receive(.started(prompt: id))
        for (value, maximum) in [(5.0, 2.0), (-1, 2), (1e300, 1e300), (0, 0)] {
            _ = try run.receive(.progress(prompt: id, node: "3", value: value, maximum: maximum))
            _ = try run.receive(
                .nodes(prompt: id, [ComfyNodeState(id: "3", value: value, maximum: maximum, isFinished: false)]))
            let progress = run.takeProgress()
            #expect((0...1).contains(progress.overall) && (0...1).contains(progress.current ?? 0))
        }
    }
}
