import Foundation
import HearthCore
import HearthJSON
import HearthJobs

/// A job's progress as a bar that moves, as plain lines when piped, or as JSON lines.
struct JobProgressView {
    let client: APIClient
    var json = false

    /// Follows a job to its end.
    /// - Returns: the job as it ended.
    func follow(_ jobID: String, label: String) async throws -> JSONValue {
        var since = 0
        while true {
            let page = try await client.send(.get, "/jobs/\(jobID)/events", query: ["since": String(since)])
            for event in page["events"]?.arrayValue ?? [] {
                since = Int(event["number"]?.integerValue ?? 0)
                show(event, label: label)
            }
            if JobState(rawValue: page["status"]?.stringValue ?? "")?.isFinal ?? true { break }
            try await Task.sleep(for: .milliseconds(100))
        }
        if Terminal.isInteractive, !json { Terminal.line() }
        return try await client.send(.get, "/jobs/\(jobID)")
    }

    private func show(_ event: JSONValue, label: String) {
        if json { return Terminal.line(event.encodedText()) }
        let progress = event["progress"]?.doubleValue ?? 0
        let left = event["eta"]?.doubleValue.map { ", about \(Int(min($0, 1e6).rounded(.up))) s left" } ?? ""
        let status = event["status"]?.stringValue ?? ""
        // Why it has failed is said once, at the end.
        let state = status == JobState.failed.rawValue ? status : event["message"]?.stringValue ?? status
        let percent = String(Int(progress * 100)).leftPadded(to: 3)
        if Terminal.isInteractive {
            Terminal.overwrite("\(label.padded(to: 20))\(Terminal.bar(progress)) \(percent) %  \(state)\(left)")
        } else {
            Terminal.line("\(label.padded(to: 20))\(percent) %  \(state)\(left)")
        }
    }
}

extension String {
    /// At least this many characters, blanks first.
    func leftPadded(to width: Int) -> String { String(repeating: " ", count: max(width - count, 0)) + self }
}
