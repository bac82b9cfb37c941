import CLinux
import HearthCore

/// How a worker handles freed memory.
enum ProcessMemoryUse {
    /// glibc gives each thread a heap of its own, up to eight for each processor, and every heap keeps what its threads
    /// have freed: dozens of threads load models once, and their heaps would stay. Call it before any thread is
    /// started.
    static func shareHeaps() { _ = hearth_limit_heaps(Limits.workerHeaps) }
}
