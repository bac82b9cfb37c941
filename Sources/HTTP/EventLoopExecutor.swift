import NIOCore

/// Runs tasks on the thread of an event loop: what is short is over there before another thread would have woken up.
///
/// Nothing long may run there, because all connections of the loop wait for it meanwhile.
final class EventLoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
