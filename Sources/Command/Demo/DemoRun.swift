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
        let member: DemoCast.Member
        let jobID: String
        let time: Duration
        let startedAt: ContinuousClock.Instant
    }

    /// An answer to a picture.
    struct Recall {
        /// Whether the most similar character is the right one.
        let isFound: Bool
        /// Whether the server says that it knows the character; nil when the model names no threshold.
        let isKnown: Bool?
        let time: Duration

        /// The answer in a few words.
        var verdict: String {
            switch (isFound, isKnown) {
            case (true, true?), (true, nil): "✓ right"
            case (true, false?): "~ right, not sure"
            case (false, false?): "~ another, not sure"
            case (false, _): "✗ wrong"
            }
        }
    }

    /// Registers the first picture of each character; one that is refused is shown and left out.
    /// - Throws: ``HearthError`` when none could be registered, or the server is gone.
    func register() async throws -> [Registration] {
        var registrations: [Registration] = []
        for member in cast.members {
            let start = ContinuousClock.now
            guard let reply = try await going(on: member.anchor, { try await register(member, member.anchor) }) else {
                continue
            }
            let time = ContinuousClock.now - start
            registrations.append(
                Registration(
                    member: member, jobID: reply["job_id"]?.stringValue ?? "", time: time, startedAt: start))
            Terminal.line("   \(member.name.padded(to: 24))\(DemoSummary.milliseconds(time))")
        }
        guard !registrations.isEmpty else {
            throw HearthError(.invalidImage, "None of the pictures could be registered; the lines above say why.")
        }
        return registrations
    }

    private func register(_ member: DemoCast.Member, _ path: String) async throws -> JSONValue {
        try await client.send(
            .post, "/api/anchors", query: ["project": member.project, "name": member.name],
            body: .picture(try NamedFile.read(path)))
    }

    /// Runs a call about a file. A file that is refused is shown, and the demonstration goes on without it.
    /// - Returns: nil for such a file.
    private func going<Result>(
        on path: String, _ body: () async throws -> Result
    ) async throws -> Result? {
        do {
            return try await body()
        } catch let error as HearthError where error.code != .storageUnavailable && error.code != .deadlineExceeded {
            Terminal.line("   ✗ \(path): \(error.message)")
            return nil
        }
    }

    /// Follows all jobs to their ends.
    /// - Returns: the characters that are remembered now, and the time from the first registration until the last job
    ///   ended.
    func watch(_ registrations: [Registration]) async throws -> (learnt: [DemoCast.Member], time: Duration) {
        var open = registrations
        var learnt: [DemoCast.Member] = []
        let total = registrations.count
        var shown = -1
        while !open.isEmpty {
            var left: [Registration] = []
            for registration in open {
                let job = try await client.send(.get, "/jobs/\(registration.jobID)")
                switch job["status"]?.stringValue.flatMap(JobState.init(rawValue:)) {
                case .completed: learnt.append(registration.member)
                case .failed, .cancelled:
                    if Terminal.isInteractive { Terminal.line() }
                    let reason = job["error_message"]?.stringValue ?? "the job was cancelled"
                    Terminal.line("   ✗ \(registration.member.anchor): \(reason)")
                default: left.append(registration)
                }
            }
            open = left
            if total - open.count != shown {
                shown = total - open.count
                show(learnt: learnt.count, of: total)
            }
            if !open.isEmpty { try await Task.sleep(for: .milliseconds(30)) }
        }
        if Terminal.isInteractive { Terminal.line() }
        return (learnt, registrations.first.map { ContinuousClock.now - $0.startedAt } ?? .zero)
    }

    private func show(learnt: Int, of total: Int) {
        let text = "   \(Terminal.bar(Double(learnt) / Double(max(total, 1)))) \(learnt) of \(total) remembered"
        if Terminal.isInteractive { Terminal.overwrite(text) } else { Terminal.line(text) }
    }

    /// Looks for each character from its other pictures.
    func recall(_ members: [DemoCast.Member]) async throws -> [Recall] {
        var recalls: [Recall] = []
        var saysThreshold = false
        for member in members {
            for path in member.queries {
                let start = ContinuousClock.now
                let reply = try await going(on: path) {
                    try await client.send(
                        .post, "/api/recall", query: ["project": member.project, "k": "1"],
                        body: .picture(try NamedFile.read(path)))
                }
                guard let reply else { continue }
                let time = ContinuousClock.now - start
                let match = reply["matches"]?[0]
                let isFound = match?["name"]?.stringValue?.lowercased() == member.name.lowercased()
                let isKnown = match?["is_match"]?.boolValue
                let recall = Recall(isFound: isFound, isKnown: isKnown, time: time)
                recalls.append(recall)
                if !saysThreshold { Self.explain(threshold: reply["match_threshold"]?.doubleValue) }
                saysThreshold = true
                let score = String(format: "%.3f", match?["score"]?.doubleValue ?? 0)
                Terminal.line(
                    "   " + member.name.padded(to: 24)
                        + "\(match?["name"]?.stringValue ?? "no match")".padded(to: 24)
                        + score.padded(to: 8) + recall.verdict.padded(to: 21) + DemoSummary.milliseconds(time)
                        + (member.hasOnePicture ? "  the registered picture itself" : ""))
            }
        }
        return recalls
    }

    /// What the table says, before its first row.
    private static func explain(threshold: Double?) {
        if let threshold {
            let score = String(format: "%.3f", threshold)
            Terminal.line(
                "   From a score of \(score) on the server says that it knows the character. Below that it says "
                    + "\"unknown\",\n   because strangers are as similar, and names the most similar one: not sure.")
        }
        Terminal.line(
            "   " + "picture of".padded(to: 24) + "most similar".padded(to: 24) + "score".padded(to: 8)
                + "answer".padded(to: 21) + "time")
    }

    /// Registers another picture of each, now that the model is warm.
    func registerAgain(_ members: [DemoCast.Member]) async throws -> [Duration] {
        var times: [Duration] = []
        for member in members where !member.hasOnePicture {
            guard let path = member.queries.first else { continue }
            let start = ContinuousClock.now
            // What is refused was shown when it was looked for.
            if (try? await register(member, path)) != nil { times.append(ContinuousClock.now - start) }
        }
        return times
    }
}
