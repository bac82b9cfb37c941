import HearthCore

/// How long workers may be silent before they count as hanging.
package struct WorkerPatience: Sendable {
    /// From the start of the process to its first answer.
    package var first: Duration
    /// From one answer to the next.
    package var next: Duration

    package init(first: Duration = Limits.workerFirstAnswer, next: Duration = Limits.workerSilence) {
        self.first = first
        self.next = next
    }
}

/// Tells whether a worker hangs: it has not answered for too long, since its last answer or since its start.
struct SilenceWatch {
    private let process: WorkerProcess
    private let patience: WorkerPatience
    private var answered: ContinuousClock.Instant?

    init(_ process: WorkerProcess, _ patience: WorkerPatience) {
        self.process = process
        self.patience = patience
    }

    /// Whether it has answered yet.
    var hasAnswered: Bool { answered != nil }

    mutating func noteAnswer() { answered = .now }

    /// Whether it is to be killed. One that is not started yet is waited for.
    var isTooLong: Bool {
        if let answered { return ContinuousClock.now - answered > patience.next }
        guard let age = process.age else { return false }
        return age > patience.first
    }
}
