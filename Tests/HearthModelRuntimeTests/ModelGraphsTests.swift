import HearthCore
import HearthInference
import HearthModelLibrary
import Testing

@testable import HearthModelRuntime

@Suite struct ModelGraphsTests {
    private func folder(
        _ kind: ModelKind, image: Bool = true, text: TextPreprocessing? = nil,
        output: ModelManifest.Output? = .init(name: nil, dims: 2, normalise: false)
    ) -> ModelFolder {
        let manifest = ModelManifest(
            id: "m", kind: kind, description: "", licence: "CC0", commercial: true, source: "", weights: "main.xml",
            files: [:], image: image ? ImagePreprocessing(width: 2, height: 2) : nil, text: text, output: output)
        return ModelFolder(id: "m", path: "/fake/m", manifest: manifest)
    }

    private func picture(_ value: Float) -> PreparedInput {
        PreparedInput(
            content: .picture(Tensor(shape: [3, 2, 2], values: Array(repeating: value, count: 12))), duration: .zero,
            isAmongTexts: false)
    }

    private func text(_ tokens: [Int32]) -> PreparedInput {
        PreparedInput(content: .text(tokens), duration: .zero, isAmongTexts: true)
    }

    private func tensors(_ tensors: [NamedTensor], outputs: [String] = []) -> PreparedInput {
        PreparedInput(content: .tensors(tensors, outputs: outputs), duration: .zero, isAmongTexts: false)
    }

    private func vectors(_ answers: [InferenceAnswer]) -> [[Float]] { answers.flatMap { $0.vectors.map(\.values) } }

    private let pooled = TextPreprocessing(tokenizer: "t", maximumTokens: 8)

    private func code(_ body: () throws -> some Any) -> HearthError.Code? {
        do {
            _ = try body()
            return nil
        } catch {
            return (error as? HearthError)?.code
        }
    }

    @Test func picturesShareAPassAndEachGetsItsOwnVector() throws {
        let session = ScriptedSession.pictures()
        let graphs = try ModelGraphs(folder(.imageEmbedding), paddingID: 0) { _ in session }
        #expect(vectors(try graphs.run([picture(1), picture(2), picture(3)])) == [[1, 0], [2, 0], [3, 0]])
        #expect(session.passes.withLock { $0 } == [[[3, 3, 2, 2]]])
        #expect(!graphs.isForOne)
    }

    @Test func textsShareAPassAndEachGetsItsOwnVector() throws {
        let session = ScriptedSession.texts()
        let graphs = try ModelGraphs(folder(.textEmbedding, image: false, text: pooled), paddingID: 7) { _ in session }
        #expect(vectors(try graphs.run([text([2, 4]), text([5])])) == [[0, 3], [0, 5]])
        #expect(session.passes.withLock { $0 } == [[[2, 8]]])
        #expect(code { try graphs.run([picture(1)]) } == .internalError)
    }

    @Test func twoTowersAreTwoGraphs() throws {
        var preprocessing = pooled
        preprocessing.weights = "text.xml"
        preprocessing.output = .init(name: "out", dims: 2, normalise: true)
        let (pictures, texts) = (ScriptedSession.pictures(), ScriptedSession.texts())
        let graphs = try ModelGraphs(folder(.imageTextEmbedding, text: preprocessing), paddingID: 0) { weights in
            weights == "text.xml" ? texts : pictures
        }
        #expect(vectors(try graphs.run([picture(4)])) == [[4, 0]])
        #expect(vectors(try graphs.run([text([5])])) == [[0, 1]], "the text tower has an output of its own")
        let shared = try ModelGraphs(sharing: graphs)
        #expect(vectors(try shared.run([text([5])])) == [[0, 1]])
        #expect(vectors(try shared.run([picture(4)])) == [[4, 0]])

        pictures.passes.withLock { $0 = [] }
        texts.passes.withLock { $0 = [] }
        try graphs.touch()
        #expect(pictures.passes.withLock { $0.count } == 1 && texts.passes.withLock { $0.count } == 1)
    }

    @Test func modelsThatGiveNoVectorsAreWarmedAndTouchedAsWell() throws {
        let session = ScriptedSession.pictures(batch: 1, outputs: ["boxes", "scores"])
        let graphs = try ModelGraphs(folder(.faceDetection, output: nil), paddingID: 0) { _ in session }
        try graphs.warm()
        try graphs.touch()
        #expect(session.passes.withLock { $0 } == [[[1, 3, 2, 2]], [[1, 3, 2, 2]]])
        #expect(code { try graphs.run([picture(1)]) } == .internalError)
        #expect(graphs.isForOne, "the graph was converted for one picture")
    }

    @Test func tensorsGoInAndOutByName() throws {
        let graphs = try ModelGraphs(folder(.faceDetection, output: nil), paddingID: 0) { _ in
            ScriptedSession.pictures(outputs: ["boxes", "scores"])
        }
        let input = NamedTensor(
            name: "in", tensor: Tensor(shape: [1, 3, 2, 2], values: Array(repeating: 3, count: 12)))
        func answer(_ outputs: [String]) throws -> [NamedTensor] {
            try graphs.run([tensors([input], outputs: outputs)])[0].tensors
        }
        #expect(try answer([]).map(\.name) == ["boxes", "scores"])
        #expect(try answer(["scores"]).map(\.tensor.values) == [[4, 0]])
        #expect(try answer(["scores", "boxes"]).map(\.tensor.values) == [[4, 0], [3, 0]])
        #expect(code { try answer(["faces"]) } == .invalidRequest)
        let stray = NamedTensor(name: "stray", tensor: input.tensor)
        #expect(code { try graphs.run([tensors([input, stray])]) } == .invalidRequest)
        #expect(code { try graphs.run([tensors([stray])]) } == .invalidRequest)
        #expect(code { try graphs.run([tensors([])]) } == .invalidRequest)
    }

    @Test func graphsThatAreNotWhatTheManifestSaysAreRefused() {
        let missing = folder(.imageEmbedding, output: .init(name: "vector", dims: 2, normalise: true))
        #expect(
            code { try ModelGraphs(missing, paddingID: 0) { _ in ScriptedSession.pictures() } }
                == .invalidConfiguration)
        let two = ["a", "b"].map { TensorPort(name: $0, type: .float32, shape: [-1]) }
        #expect(
            code {
                try ModelGraphs(folder(.imageEmbedding), paddingID: 0) { _ in
                    ScriptedSession(inputs: two, outputs: two) { _, _ in [] }
                }
            } == .invalidConfiguration)
        let silent = ScriptedSession(inputs: [two[0]], outputs: [two[1]]) { _, _ in [] }
        #expect(
            code { try ModelGraphs(folder(.imageEmbedding), paddingID: 0) { _ in silent }.warm() } == .internalError)
    }

    @Test(
        arguments: [
            ([3, 4], true, [0.6, 0.8], 5), ([3, 4], false, [3, 4], 1), ([0, 0], true, [0, 0], 1),
            ([0x1p-140, 0], true, [1, 0], 0x1p-140), ([3e38, 0], true, [1, 0], 3e38),
        ] as [([Float], Bool, [Float], Float)])
    func vectorsAreBroughtToLengthOne(values: [Float], normalise: Bool, vector: [Float], norm: Float) throws {
        let scaled = try ModelManifest.Output(name: nil, dims: 2, normalise: normalise).scaled(values)
        #expect(scaled.values == vector)
        #expect(scaled.norm == norm)
    }

    @Test(arguments: [[.nan, 0], [.infinity, 0], [3e38, 3e38]] as [[Float]])
    func vectorsThatAreNoNumbersAreAFault(values: [Float]) throws {
        let output = ModelManifest.Output(name: nil, dims: 2, normalise: true)
        #expect(code { try output.scaled(values) } == .internalError)
        #expect(code { try output.vectors(in: Tensor(shape: [1, 2], values: values), count: 1) } == .internalError)
        #expect(code { try output.vectors(in: Tensor(shape: [1], values: [1]), count: 1) } == .internalError)
        #expect(code { try output.vectors(in: Tensor(shape: [0], values: []), count: 0) } == .internalError)
    }
}
