import Foundation
import HearthCore
import HearthJSON
import HearthJobs

/// The steps of a demonstration against a running server.
struct DemoRun {
    let cast: DemoCast
    let client: APIClient

    /// A picture that was accepted.
    struct Registration {
        let name: String
        let jobID: String
        let time: Duration
        let startedAt: ContinuousClock.Instant
    }

    /// An answer to a picture.
    struct Recall {
        let isFound: Bool
        /// Whether the server says that it knows the character; nil when the model names no threshold.
        let isKnown: Bool?
        let time: Duration
    }

    /// Registers the first picture of each character.
    func register() async throws -> [Registration] {
        var registrations: [Registration] = []
        for member in cast.members {
            let picture = try readFile(member.anchor)
            let start = ContinuousClock.now
            let reply = try await client.send(
                .post, "/api/anchors", query: ["project": member.project, "name": member.name],
                body: .picture(picture))
            let time = ContinuousClock.now - start
            registrations.append(
                Registration(
                    name: member.name, jobID: reply["job_id"]?.stringValue ?? "", time: time, startedAt: start))
            Terminal.line("   \(member.name.padded(to: 24))\(DemoSummary.milliseconds(time))")
        }
        return registrations
    }

    /// Follows all jobs to their ends.
    /// - Returns: the time from the first registration until the last job ended.
    func watch(_ registrations: [Registration]) async throws -> Duration {
        var open = registrations.map(\.jobID)
        let total = registrations.count
        var shown = -1
        while !open.isEmpty {
            var left: [String] = []
            for jobID in open {
                let job = try await client.send(.get, "/jobs/\(jobID)")
                switch job["status"]?.stringValue.flatMap(JobState.init(rawValue:)) {
                case .completed: break
                case .failed, .cancelled:
                    throw HearthError(
                        .internalError, "A picture could not be learnt: \(job["error_message"]?.stringValue ?? "")")
                default: left.append(jobID)
                }
            }
            open = left
            if total - open.count != shown {
                shown = total - open.count
                show(learnt: shown, of: total)
            }
            if !open.isEmpty { try await Task.sleep(for: .milliseconds(30)) }
        }
        if Terminal.isInteractive { Terminal.line() }
        return registrations.first.map { ContinuousClock.now - $0.startedAt } ?? .zero
    }

    private func show(learnt: Int, of total: Int) {
        let text = "   \(Terminal.bar(Double(learnt) / Double(max(total, 1)))) \(learnt) of \(total) remembered"
        if Terminal.isInteractive { Terminal.overwrite(text) } else { Terminal.line(text) }
    }

    /// Looks for each character from its other pictures.
    func recall() async throws -> [Recall] {
        var recalls: [Recall] = []
        Terminal.line(
            "   " + "picture of".padded(to: 24) + "most similar".padded(to: 24) + "score".padded(to: 17) + "time")
        for member in cast.members {
            for path in member.queries {
                let picture = try readFile(path)
                let start = ContinuousClock.now
                let reply = try await client.send(
                    .post, "/api/recall", query: ["project": member.project, "k": "1"], body: .picture(picture))
                let time = ContinuousClock.now - start
                let match = reply["matches"]?[0]
                let isFound = match?["name"]?.stringValue?.lowercased() == member.name.lowercased()
                let isKnown = match?["is_match"]?.boolValue
                recalls.append(Recall(isFound: isFound, isKnown: isKnown, time: time))
                let score = String(format: "%.3f", match?["score"]?.doubleValue ?? 0)
                Terminal.line(
                    "   " + member.name.padded(to: 24)
                        + "\(isFound ? "✓" : "✗") \(match?["name"]?.stringValue ?? "no match")".padded(to: 24)
                        + score.padded(to: 8) + (isKnown == false ? "unknown" : "").padded(to: 9)
                        + DemoSummary.milliseconds(time))
            }
        }
        return recalls
    }

    /// Registers the other pictures too, now that the model is warm.
    func registerAgain() async throws -> [Duration] {
        var times: [Duration] = []
        for member in cast.members {
            guard let path = member.queries.first else { continue }
            let picture = try readFile(path)
            let start = ContinuousClock.now
            try await client.send(
                .post, "/api/anchors", query: ["project": member.project, "name": member.name], body: .picture(picture))
            times.append(ContinuousClock.now - start)
        }
        return times
    }
}
