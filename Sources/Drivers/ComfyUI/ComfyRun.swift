import HearthCore
import HearthJSON

import struct Foundation.Data

/// One prompt at a ComfyUI server, from its submission to its end: what the server says in, what to do out. No socket,
/// no clock, no waiting.
///
///     waiting ──started──▶ running ──succeeded──▶ settling ──history──▶ ended
///        │                    │                       │
///        └────── history, error, interrupted, unknown to the server ───▶ ended
///
/// Messages over the WebSocket are hints: they come only while the socket is open, only to the client that has
/// submitted the prompt, and are never repeated. What counts is a sighting, the prompt's place in the queue and its
/// entry in the history, so every path leads to one. Therefore a message never ends a run by itself, but asks to look.
struct ComfyRun: Sendable {
    enum State: Sendable, Equatable {
        /// In the server's queue, with so many prompts before it, when that is known. → running, settling, ended
        case waiting(before: Int?)
        /// The server works on it. → settling, ended
        case running
        /// The server says that it has ended, and its history is awaited: `execution_success` is sent before the
        /// history is written. The number counts the times it was looked for in vain. → ended
        case settling(reads: Int)
        /// Nothing more happens.
        case ended(End)
    }

    /// How a prompt has ended.
    enum End: Sendable, Equatable {
        /// The files of its output nodes, as the history has them.
        case finished([ComfyFile])
        case failed(ComfyNodeFailure)
        /// Stopped at the server, by a user of it.
        case interrupted
        /// The server does not know it any more: it was restarted, or its queue was cleared.
        case lost(hadStarted: Bool)

        var isFinished: Bool { if case .finished = self { true } else { false } }
    }

    /// What the caller does next.
    enum Action: Sendable, Equatable {
        case none
        /// Tell the job how far it is.
        case report
        /// Read the queue, then the history, at once.
        case look
        /// The same after a short pause: the history was not written yet.
        case lookAgain
        case end(End)
    }

    let prompt: String
    private(set) var state = State.waiting(before: nil)
    private var meter: ComfyMeter
    /// Messages in a row that were none.
    private var garbage = 0
    private var hasStarted = false

    /// - Parameters:
    ///   - prompt: the identifier that it was submitted with.
    ///   - classes: of its nodes, by their identifiers.
    init(prompt: String, classes: [String: String]) {
        self.prompt = prompt
        meter = ComfyMeter(classes: classes)
    }

    var isEnded: Bool { if case .ended = state { true } else { false } }

    /// How far it is, with a preview that was not taken before.
    mutating func takeProgress() -> GenerationProgress {
        defer { meter.preview = nil }
        if case .waiting(let before) = state {
            let place = before.map {
                $0 == 0 ? "Next in the server's queue." : "\($0) before it in the server's queue."
            }
            return GenerationProgress(stage: .queued, overall: 0, message: place)
        }
        return meter.progress
    }

    // MARK: Messages

    /// A message of the server, or nil for bytes that are none.
    /// - Throws: ``Garbage`` when too many of them in a row were none: the other side does not speak the protocol.
    mutating func receive(_ message: ComfyMessage?) throws(Garbage) -> Action {
        guard let message else {
            garbage += 1
            guard garbage <= Limits.comfyUIGarbage else { throw Garbage() }
            return .none
        }
        garbage = 0
        guard !isEnded, isOurs(message) else { return .none }
        switch message {
        case .executing(_, nil), .succeeded, .failed, .interrupted: return settle()
        case .started, .cached, .nodes, .executed, .executing, .progress:
            begin()
            meter.take(message)
            return .report
        case .preview(_, let picture):
            meter.preview = picture
            return .report
        case .status, .text, .other: return .none
        }
    }

    /// Steps and previews of older servers name no prompt: while this one runs, they are about it, because a server
    /// runs one prompt at a time.
    private func isOurs(_ message: ComfyMessage) -> Bool {
        if let id = message.prompt { return id == prompt }
        switch message {
        case .progress, .preview: return hasStarted
        default: return false
        }
    }

    /// Thrown when the other side does not speak the protocol.
    struct Garbage: Error {}

    private mutating func begin() {
        hasStarted = true
        if case .waiting = state { state = .running }
    }

    private mutating func settle() -> Action {
        hasStarted = true
        if case .settling = state { return .look }
        state = .settling(reads: 0)
        return .look
    }

    // MARK: Sightings

    /// What the queue and, read after it, the history say. In this order a prompt that is in neither is gone.
    mutating func see(_ sighting: ComfySighting) -> Action {
        guard !isEnded else { return .none }
        if let entry = sighting.history { return end(entry.end) }
        switch sighting.place {
        case .running:
            begin()
            return seeSettling() ? .lookAgain : .report
        case .pending(let before):
            guard case .waiting = state else { return .none }
            state = .waiting(before: before)
            return .report
        case .unknown: return .none
        case .absent: return seeNothing()
        }
    }

    private mutating func seeNothing() -> Action {
        seeSettling() ? .lookAgain : end(.lost(hadStarted: hasStarted))
    }

    /// Whether the history is still to be written: the server has said that the prompt has ended a moment ago.
    private mutating func seeSettling() -> Bool {
        guard case .settling(let reads) = state, reads < Limits.comfyUIHistoryReads else { return false }
        state = .settling(reads: reads + 1)
        return true
    }

    private mutating func end(_ end: End) -> Action {
        state = .ended(end)
        return .end(end)
    }
}

/// What the queue and the history of a server say of one prompt.
struct ComfySighting: Sendable, Equatable {
    /// Its place in the queue.
    enum Place: Sendable, Equatable {
        case running
        /// So many others come before it.
        case pending(before: Int)
        case absent
        /// The queue could not be read.
        case unknown
    }

    var place: Place
    var history: ComfyHistory?
}

/// An entry of the history.
struct ComfyHistory: Sendable, Equatable {
    var end: ComfyRun.End

    /// - Returns: nil when the answer has no entry for the prompt.
    init?(_ answer: JSONValue, of prompt: String) {
        guard let entry = answer[prompt], entry.objectValue != nil else { return nil }
        let messages = entry["status"]?["messages"]?.arrayValue ?? []
        if let failure = messages.last(where: { $0[0] == "execution_error" }) {
            end = .failed(ComfyNodeFailure(failure[1]))
        } else if messages.contains(where: { $0[0] == "execution_interrupted" }) {
            end = .interrupted
        } else if entry["status"]?["status_str"] == "error" {
            end = .failed(ComfyNodeFailure(nil))
        } else {
            end = .finished(ComfyFile.files(in: entry["outputs"]))
        }
    }
}
