import Foundation
import HearthCore
import HearthJobs
import HearthTesting
import Testing

/// `docs/job-states.md` against the machine: every state with every event.
@Suite struct JobStatesDocumentTests {
    /// A row of the table of transitions.
    private struct Row {
        let from, event, condition, to, attempts, crashes, again: String
    }

    /// One case of the machine: a state, an event, and which of the conditions hold.
    private struct Case: CustomStringConvertible {
        let state: JobState
        let event: String
        let isLastAttempt: Bool
        let isSecondCrash: Bool

        var description: String { "\(state.rawValue), \(event)" }

        /// The words that the table has for the conditions that hold.
        var conditions: Set<String> {
            [
                "", isLastAttempt ? "last attempt" : "attempts left", isSecondCrash ? "second crash" : "first crash",
            ]
        }
    }

    /// The events that the machine takes. A lease is one statement of the table of jobs, which the queue's contract
    /// checks.
    private static let events = [
        "complete", "fail: transient", "fail: permanent", "fail: infrastructure", "fail: released", "crash",
        "cancel", "retry",
    ]
    private static let policy = RetryPolicy(Backoff(first: .seconds(4), longest: .seconds(64)))
    private static let now: Int64 = 1_000_000

    private func rows() throws -> [Row] {
        let path = TestFolders.package.appending(path: "docs/job-states.md").path
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let table = text.split(separator: "\n").drop { !$0.hasPrefix("| from | event |") }.dropFirst(2)
        return table.prefix { $0.hasPrefix("|") }.map { line in
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
                .map { $0.trimmingCharacters(in: .whitespaces) }
            return Row(
                from: cells[0], event: cells[1], condition: cells[2], to: cells[3], attempts: cells[4],
                crashes: cells[5], again: cells[6])
        }
    }

    private func cases() -> [Case] {
        JobState.allCases.flatMap { state in
            Self.events.flatMap { event in
                [true, false].flatMap { isLast in
                    [true, false].map {
                        Case(state: state, event: event, isLastAttempt: isLast, isSecondCrash: $0)
                    }
                }
            }
        }
    }

    private func machine(_ each: Case) -> JobMachine {
        JobMachine(
            state: each.state, attempt: each.isLastAttempt ? 3 : 2, maximumAttempts: 3,
            crashes: each.isSecondCrash ? Limits.jobCrashes - 1 : 0,
            leaseHolder: each.state == .inProgress ? "w" : nil, runAt: Self.now)
    }

    /// - Returns: whether the machine took the event.
    private func apply(_ event: String, to machine: inout JobMachine) -> Bool {
        func fail(_ kind: JobFailure.Kind) -> Bool {
            let failure = JobFailure(kind: kind, code: "c", message: "m")
            return machine.fail(by: "w", failure, now: Self.now, policy: Self.policy, jitter: 0)
        }
        return switch event {
        case "complete": machine.complete(by: "w")
        case "fail: transient": fail(.transient)
        case "fail: permanent": fail(.permanent)
        case "fail: infrastructure": fail(.infrastructure)
        case "fail: released": fail(.released)
        case "crash": machine.crash(of: "w", now: Self.now)
        case "cancel": machine.cancel()
        default: machine.retry(now: Self.now)
        }
    }

    private func value(_ cell: String, of before: Int) -> Int {
        switch cell {
        case "+1": before + 1
        case "-1": before - 1
        case "0": 0
        default: before
        }
    }

    @Test func theTableSaysWhatTheMachineDoes() throws {
        let rows = try rows()
        #expect(rows.count == 13, "the table was found")
        #expect(Set(rows.map(\.event)) == Set(Self.events).union(["lease"]))
        for each in cases() {
            let matching = rows.filter {
                $0.from == each.state.rawValue && $0.event == each.event && each.conditions.contains($0.condition)
            }
            #expect(matching.count <= 1, "\(each) is told once")
            let before = machine(each)
            var after = before
            let isTaken = apply(each.event, to: &after)
            guard let row = matching.first else {
                #expect(!isTaken && after == before, "\(each) is refused and changes nothing")
                continue
            }
            #expect(isTaken, "\(each)")
            #expect(after.state.rawValue == row.to, "\(each)")
            #expect(after.attempt == value(row.attempts, of: before.attempt), "\(each)")
            #expect(after.crashes == value(row.crashes, of: before.crashes), "\(each)")
            let delay =
                switch row.again {
                case "at once": Int64(0)
                case "after back-off": Self.policy.delay(afterAttempt: before.attempt, jitter: 0)
                case "after back-off of outages": Self.policy.delay(afterOutages: before.outages + 1, jitter: 0)
                default: before.runAt - Self.now
                }
            #expect(after.runAt == Self.now + delay, "\(each)")
        }
    }
}
