import Foundation
import HearthCore
import Synchronization

@testable import HearthModelRuntime

/// A door that holds threads back until a test opens it, and tells the test who stands before it.
///
/// `@unchecked Sendable`: the state is touched only while the condition is locked.
final class Gate: @unchecked Sendable {
    private let condition = NSCondition()
    private var isOpen: Bool
    private let arrivals = AsyncStream.makeStream(of: Int.self)
    private var count = 0

    init(isOpen: Bool = false) { self.isOpen = isOpen }

    /// Blocks the thread while the gate is closed.
    func pass() {
        condition.lock()
        count += 1
        arrivals.continuation.yield(count)
        while !isOpen { condition.wait() }
        condition.unlock()
    }

    func open() {
        condition.lock()
        isOpen = true
        condition.broadcast()
        condition.unlock()
    }

    func close() {
        condition.lock()
        isOpen = false
        condition.unlock()
    }

    /// Returns when the given number of threads has come to the gate since it was made.
    func arrival(_ number: Int) async {
        for await count in arrivals.stream where count >= number { return }
    }
}

/// A runtime whose sessions give `[first input value, 1, 0, 0]`, which shows who got whose vector.
final class FakeRuntime: ModelRuntime {
    struct LoadFailure: Error {}

    /// Held by each load.
    let loadGate: Gate
    /// Held by each pass but those of zeros and halves, which warm.
    let passGate: Gate
    let loads = Locked<[String]>([])
    let passes = Locked<[[Float]]>([])
    let failing = Locked<Set<String>>([])
    /// Whether a second stream may be opened.
    let hasStreams = Locked(true)
    let liveSessions = Atomic<Int>(0)
    let preferredPrecision = "f32"
    /// Values that each session gives a picture.
    let dims: Int

    init(loadGate: Gate = Gate(isOpen: true), passGate: Gate = Gate(isOpen: true), dims: Int = 4) {
        self.loadGate = loadGate
        self.passGate = passGate
        self.dims = dims
    }

    func load(_ request: ModelLoadRequest) throws -> any ModelSession {
        let model = URL(fileURLWithPath: request.path).deletingLastPathComponent().lastPathComponent
        // A second stream is no load of its own.
        if request.streams == 1 { loads.withLock { $0.append(model) } }
        loadGate.pass()
        if request.streams > 1, !hasStreams.withLock({ $0 }) {
            throw HearthError(.invalidConfiguration, "Two streams do not fit into memory.", cause: LoadFailure())
        }
        if failing.withLock({ $0.contains(model) }) {
            throw HearthError(.invalidConfiguration, "The graph of \(model) is broken.", cause: LoadFailure())
        }
        liveSessions.add(1, ordering: .relaxed)
        return FakeSession(self)
    }
}

/// See ``FakeRuntime``.
final class FakeSession: ModelSession {
    static let warming: Float = 0.5
    private let runtime: FakeRuntime

    init(_ runtime: FakeRuntime) { self.runtime = runtime }

    deinit { runtime.liveSessions.subtract(1, ordering: .relaxed) }

    let signature = GraphSignature(
        inputs: [TensorPort(name: "in", type: .float32, shape: [-1, 3, 2, 2])],
        outputs: [TensorPort(name: "out", type: .float32, shape: [-1, 4])])

    func sibling() throws -> any ModelSession {
        runtime.liveSessions.add(1, ordering: .relaxed)
        return FakeSession(runtime)
    }

    func run(_ inputs: [Tensor], outputs: [Int]) throws -> [Tensor] {
        let input = inputs[0]
        let count = input.shape[0]
        let size = input.values.count / count
        let firsts = (0..<count).map { input.values[$0 * size] }
        if firsts.contains(where: { $0 != Self.warming }) {
            runtime.passes.withLock { $0.append(firsts) }
            runtime.passGate.pass()
        }
        let rest = Array(repeating: Float(0), count: runtime.dims - 2)
        return [Tensor(shape: [count, runtime.dims], values: firsts.flatMap { [$0, 1] + rest })]
    }
}

/// Pictures are one byte: its value fills the tensor. 255 is damaged.
struct FakeCodec: ImageCodec {
    static let damaged = Data([255])

    func decode(_ bytes: Data, for preprocessing: ImagePreprocessing) throws -> Tensor {
        guard bytes != Self.damaged, let value = bytes.first else {
            throw HearthError(.invalidImage, "The picture is damaged.")
        }
        let count = 3 * preprocessing.width * preprocessing.height
        return Tensor(
            shape: [3, preprocessing.height, preprocessing.width],
            values: Array(repeating: Float(value), count: count))
    }

    /// 64 x 32 pixels, grey.
    func pixels(of bytes: Data, keeping side: Int, limit: Int, while isWanted: () -> Bool) throws -> PixelPicture {
        guard bytes != Self.damaged, let value = bytes.first else {
            throw HearthError(.invalidImage, "The picture is damaged.")
        }
        return PixelPicture(width: 64, height: 32, bands: 1, bytes: Array(repeating: value, count: 64 * 32))
    }
}
