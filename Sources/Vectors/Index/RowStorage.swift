/// Memory for numbers row by row that grows by doubling; new places are zero.
final class RowStorage<Number: BitwiseCopyable & ExpressibleByIntegerLiteral> {
    private(set) var pointer: UnsafeMutablePointer<Number>
    private(set) var count = 0
    private var capacity = 0
    private let alignment: Int

    /// - Parameter alignment: of the first number, in bytes.
    init(alignment: Int = 64) {
        self.alignment = alignment
        pointer = Self.memory(1, alignment)
    }

    deinit { pointer.deallocate() }

    var bytes: Int { capacity * MemoryLayout<Number>.stride }

    func grow(to count: Int) {
        guard count > self.count else { return }
        if count > capacity {
            let wanted = max(count, capacity * 2)
            let larger = Self.memory(wanted, alignment)
            larger.initialize(repeating: 0, count: wanted)
            larger.update(from: pointer, count: self.count)
            pointer.deallocate()
            (pointer, capacity) = (larger, wanted)
        }
        self.count = count
    }

    private static func memory(_ count: Int, _ alignment: Int) -> UnsafeMutablePointer<Number> {
        UnsafeMutableRawPointer.allocate(byteCount: count * MemoryLayout<Number>.stride, alignment: alignment)
            .bindMemory(to: Number.self, capacity: count)
    }
}
