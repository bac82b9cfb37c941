import Foundation

/// Memory whose last byte is followed by a page that cannot be read: who reads behind the end does not get far.
final class GuardedMemory {
    private let region: UnsafeMutableRawPointer
    private let length: Int
    let base: UnsafeMutableRawPointer

    /// - Parameter bytes: a multiple of the alignment that is wanted.
    init(bytes: Int) {
        let page = Int(getpagesize())
        let inner = (bytes + page - 1) / page * page
        length = inner + page
        guard
            let region = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            region != MAP_FAILED
        else { preconditionFailure("there is no memory") }
        self.region = region
        mprotect(region + inner, page, PROT_NONE)
        base = region + inner - bytes
    }

    convenience init(_ values: [Float]) {
        self.init(bytes: values.count * 4)
        floats.initialize(from: values, count: values.count)
    }

    deinit { munmap(region, length) }

    var floats: UnsafeMutablePointer<Float> { base.assumingMemoryBound(to: Float.self) }
    var bytes: UnsafeMutablePointer<UInt8> { base.assumingMemoryBound(to: UInt8.self) }

    /// Makes a page of it unreadable.
    func hide(pageAt offset: Int) { mprotect(base + offset, Int(getpagesize()), PROT_NONE) }
}
