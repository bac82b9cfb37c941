import HearthCore
import NIOCore
import NIOHTTP1

/// One call to a worker: waits for a connection, then for the answer; ends exactly once.
///
/// `@unchecked Sendable`: touched on its event loop only, once it has been made.
final class WorkerExchange: @unchecked Sendable {
    /// What a worker answered.
    struct Answer: Sendable {
        let status: HTTPResponseStatus
        let headers: HTTPHeaders
        let body: ByteBuffer
    }

    let head: HTTPRequestHead
    /// In pieces, which are sent one behind the other.
    let body: [ByteBuffer]
    private var continuation: CheckedContinuation<Answer, any Error>?
    /// Set before it has begun when its caller was gone already.
    private var earlyEnd: (any Error)?
    private var timer: Scheduled<Void>?
    /// Takes the call from the code that handles it.
    private var abandon: (() -> Void)?
    private(set) var isOver = false

    init(_ head: HTTPRequestHead, body: [ByteBuffer]) {
        self.head = head
        self.body = body
    }

    /// - Returns: whether anyone still wants the answer.
    func begin(
        on loop: any EventLoop, timeout: TimeAmount, _ continuation: CheckedContinuation<Answer, any Error>
    ) -> Bool {
        if let earlyEnd {
            continuation.resume(throwing: earlyEnd)
            return false
        }
        self.continuation = continuation
        timer = loop.assumeIsolated().scheduleTask(in: timeout) {
            self.fail(HearthError(.deadlineExceeded, "The model did not answer in time.", retryAfter: 1))
        }
        return true
    }

    /// The call is under way: when it ends before its answer, `abandon` is called.
    func isUnderWay(abandon: @escaping () -> Void) { self.abandon = abandon }

    func succeed(_ answer: Answer) {
        abandon = nil
        end { $0.resume(returning: answer) }
    }

    func fail(_ error: any Error) {
        guard !isOver else { return }
        if continuation == nil { earlyEnd = error }
        end { $0.resume(throwing: error) }
    }

    private func end(_ resume: (CheckedContinuation<Answer, any Error>) -> Void) {
        guard !isOver else { return }
        isOver = true
        timer?.cancel()
        timer = nil
        let (waiting, abandon) = (continuation, abandon)
        continuation = nil
        self.abandon = nil
        abandon?()
        if let waiting { resume(waiting) }
    }
}
