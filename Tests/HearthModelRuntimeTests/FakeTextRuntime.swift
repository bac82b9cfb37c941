import Foundation
import HearthCore
import HearthInference
import HearthModelLibrary
import HearthTesting
import Testing

@testable import HearthModelRuntime

/// A runtime for texts: the vector of each token is `[its id, 1, 0, 0]` and that of padding is far away, so that the
/// mean of a text of equal tokens shows who got whose vector. Pictures go to a ``FakeRuntime``.
final class FakeTextRuntime: ModelRuntime {
    let pictures = FakeRuntime()
    /// Held by each load for the second stream.
    let narrowGate: Gate
    /// Held by each pass that somebody waits for.
    let passGate: Gate
    /// Passes side by side that each load was for.
    let streams = Locked<[Int]>([])
    /// Shapes of the passes that somebody waits for, and how many others there were.
    let passes = Locked<[[Int]]>([])
    let idlePasses = Locked(0)
    let failsNarrow = Locked(false)
    let liveSessions = Locked(0)
    let preferredPrecision = "f32"
    /// First dimension of the graph's inputs.
    let batch: Int

    init(narrowGate: Gate = Gate(isOpen: true), passGate: Gate = Gate(isOpen: true), batch: Int = -1) {
        self.narrowGate = narrowGate
        self.passGate = passGate
        self.batch = batch
    }

    func load(_ request: ModelLoadRequest) throws -> any ModelSession {
        if request.path.hasPrefix("/fake/") { return try pictures.load(request) }
        streams.withLock { $0.append(request.streams) }
        if request.streams > 1 {
            narrowGate.pass()
            if failsNarrow.withLock({ $0 }) { throw HearthError(.invalidConfiguration, "Two streams do not fit.") }
        }
        return FakeTextSession(self)
    }

    func openGates() {
        narrowGate.open()
        passGate.open()
    }
}

/// See ``FakeTextRuntime``.
final class FakeTextSession: ModelSession {
    private let runtime: FakeTextRuntime
    let signature: GraphSignature

    init(_ runtime: FakeTextRuntime) {
        self.runtime = runtime
        signature = GraphSignature(
            inputs: ["input_ids", "attention_mask"].map {
                TensorPort(name: $0, type: .int64, shape: [runtime.batch, -1])
            }, outputs: [TensorPort(name: "out", type: .float32, shape: [runtime.batch, -1, 4])])
        runtime.liveSessions.withLock { $0 += 1 }
    }

    deinit { runtime.liveSessions.withLock { $0 -= 1 } }

    func sibling() throws -> any ModelSession { FakeTextSession(runtime) }

    func run(_ inputs: [Tensor], outputs: [Int]) throws -> [Tensor] {
        let shape = inputs[0].shape
        guard case .int64(let ids) = inputs[0].elements, case .int64(let mask) = inputs[1].elements,
            runtime.batch == -1 || shape[0] == runtime.batch
        else { throw HearthError(.invalidRequest, "The tensors do not fit.") }
        // Warming is done with token 1.
        if zip(ids, mask).contains(where: { $0 != 1 && $1 == 1 }) {
            runtime.passes.withLock { $0.append(shape) }
            runtime.passGate.pass()
        } else {
            runtime.idlePasses.withLock { $0 += 1 }
        }
        return [
            Tensor(
                shape: shape + [4],
                values: zip(ids, mask).flatMap { $1 == 1 ? [Float($0), 1, 0, 0] : [-9e6, 5, 5, 5] })
        ]
    }
}

extension ModelFolder {
    /// A text embedder with a real tokeniser of 1,001 tokens and a graph that does not exist.
    static func fakeText(_ id: String = "text", maximumTokens: Int = 32) -> ModelFolder {
        let manifest = ModelManifest(
            id: id, kind: .textEmbedding, description: "fake", licence: "CC0", commercial: true, source: "none",
            weights: "graph.xml", files: ["graph.xml": String(repeating: "0", count: 64)],
            text: TextPreprocessing(tokenizer: "tokenizer.json", maximumTokens: maximumTokens, queryPrefix: "hearth "),
            output: .init(name: nil, dims: 4, normalise: true))
        return ModelFolder(id: id, path: TokenizerFixtures.folder("wordpiece").path, manifest: manifest)
    }
}

/// A host with the picture model `scatter` and the text model `text`, run for as long as the body lasts.
func withTextHost(
    _ runtime: FakeTextRuntime = FakeTextRuntime(), configure: (inout ModelHostConfiguration) -> Void = { _ in },
    _ body: (ModelHost) async throws -> Void
) async throws {
    var configuration = ModelHostConfiguration()
    configure(&configuration)
    let host = ModelHost(
        library: ModelLibrary(entries: [.usable(.fake("scatter")), .usable(.fakeText())]), runtime: runtime,
        codec: FakeCodec(), configuration: configuration, logger: .silent)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await host.run() }
        defer {
            runtime.openGates()
            group.cancelAll()
        }
        try await body(host)
    }
    #expect(runtime.liveSessions.withLock { $0 } == 0, "models are freed when run() has ended")
}

/// A text of equal tokens.
func tokens(
    _ id: Int32, count: Int = 3, tenant: Tenant = .local, within seconds: Double = 600
) -> InferenceRequest {
    InferenceRequest(
        model: "text", input: .tokens(Array(repeating: id, count: count)), tenant: tenant,
        deadline: .now + .seconds(seconds))
}

extension EmbeddingResult {
    /// The token that the text was made of.
    var token: Int { Int((vector[0] / vector[1]).rounded()) }
}
