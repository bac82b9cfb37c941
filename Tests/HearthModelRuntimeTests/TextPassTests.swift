import HearthCore
import HearthModelLibrary
import Testing

@testable import HearthModelRuntime

@Suite struct TextPassTests {
    private func pass(
        _ sequences: [[Int32]], maximum: Int = 64, padding: TextPreprocessing.Padding = .longest
    ) -> TextPass {
        TextPass(
            sequences,
            preprocessing: TextPreprocessing(tokenizer: "t", maximumTokens: maximum, padding: padding), paddingID: 9)
    }

    private func inputs(_ pass: TextPass, _ names: [String], type: ElementType? = .int64) throws -> [Tensor] {
        let ports = names.map { TensorPort(name: $0, type: type, shape: [-1, -1]) }
        return try pass.inputs(of: GraphSignature(inputs: ports, outputs: []))
    }

    @Test(
        arguments: [
            ([1], 64, 4), ([4], 64, 4), ([5], 64, 8), ([65], 512, 80), ([257], 512, 320), ([3, 1], 64, 8),
            ([9, 8], 64, 16), ([65, 2], 512, 96), ([257, 1], 512, 384), ([9], 10, 10), ([12], 10, 12), ([0], 64, 4),
        ] as [([Int], Int, Int)])
    func lengthsAreRoundedUpToFewShapes(counts: [Int], maximum: Int, length: Int) {
        #expect(pass(counts.map { Array(repeating: 5, count: $0) }, maximum: maximum).length == length)
    }

    @Test func modelsThatWereTrainedSoArePaddedToTheirMaximum() {
        #expect(pass([[1]], maximum: 77, padding: .maximum).length == 77)
    }

    @Test func lengthsOfLoneTextsAreThoseThatLoneTextsGet() {
        let lengths = TextPass.lengths(upTo: 100)
        #expect(lengths.prefix(3) == [4, 8, 12])
        #expect(lengths.suffix(3) == [64, 80, 96] || lengths.suffix(3) == [80, 96, 100], "\(lengths)")
        for count in 1...100 {
            let length = pass([Array(repeating: 5, count: count)], maximum: 100).length
            #expect(lengths.contains(length), "\(count) tokens become \(length)")
        }
        #expect(TextPass.lengths(upTo: 0).isEmpty)
        #expect(TextPass.lengths(upTo: 1) == [1])
    }

    @Test func inputsComeInTheOrderOfTheGraphPaddedAndMasked() throws {
        let tensors = try inputs(
            pass([[5, 6, 7], [8]]), ["attention_mask", "input_ids", "token_type_ids", "position_ids"])
        #expect(tensors.allSatisfy { $0.shape == [2, 8] })
        #expect(
            tensors.map(\.elements) == [
                .int64([1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]),
                .int64([5, 6, 7, 9, 9, 9, 9, 9, 8, 9, 9, 9, 9, 9, 9, 9]),
                .int64(Array(repeating: 0, count: 16)),
                .int64([0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7]),
            ])
    }

    @Test func graphsMayWantShorterNumbersAndOtherNames() throws {
        let ids = try inputs(pass([[5, 6]]), ["input"], type: .int32)
        #expect(ids == [Tensor(shape: [1, 4], elements: .int32([5, 6, 9, 9]))])
        let beam = try inputs(pass([[5], [6], [7]]), ["beam_idx"], type: .int32)
        #expect(beam == [Tensor(shape: [3], elements: .int32([0, 1, 2]))])
    }

    @Test func inputsThatNobodyKnowsAreRefused() {
        #expect(throws: HearthError.self) { try inputs(pass([[5]]), ["pixel_values"]) }
        for type in [ElementType.float32, .uint8, nil] {
            #expect(throws: HearthError.self) { try inputs(pass([[5]]), ["input_ids"], type: type) }
        }
    }

    /// Token `t` of text `n` has the vector `[10 n + t, -(10 n + t)]`.
    private func output(_ pass: TextPass) -> Tensor {
        var values: [Float] = []
        for text in pass.sequences.indices {
            for token in 0..<pass.length {
                let value = Float(10 * text + token)
                values += [value, -value]
            }
        }
        return Tensor(shape: [pass.sequences.count, pass.length, 2], values: values)
    }

    @Test(
        arguments: [
            (.mean, [[1, -1], [10.5, -10.5]]), (.cls, [[0, 0], [10, -10]]), (.last, [[2, -2], [11, -11]]),
        ] as [(TextPreprocessing.Pooling, [[Float]])])
    func poolingLooksAtTheTextsOwnTokensOnly(pooling: TextPreprocessing.Pooling, expected: [[Float]]) throws {
        let pass = pass([[5, 6, 7], [8, 8]])
        #expect(try pass.pooled(output(pass), by: pooling, dims: 2) == expected)
    }

    @Test func graphsThatPoolByThemselvesGiveOneVectorAText() throws {
        let pass = pass([[5, 6, 7], [8]])
        let output = Tensor(shape: [2, 2], values: [1, 2, 3, 4])
        #expect(try pass.pooled(output, by: .none, dims: 2) == [[1, 2], [3, 4]])
    }

    @Test(arguments: TextPreprocessing.Pooling.allCases)
    func anOutputOfAnotherSizeIsNoVector(pooling: TextPreprocessing.Pooling) {
        let pass = pass([[5, 6, 7], [8]])
        let outputs = [
            Tensor(shape: [1], values: [1]), Tensor(shape: [0], values: []),
            Tensor(shape: [2, 8, 3], values: Array(repeating: 0, count: 48)),
            Tensor(shape: [2, 8, 2], elements: .int64(Array(repeating: 0, count: 32))),
        ]
        for output in outputs {
            #expect(throws: HearthError.self) { try pass.pooled(output, by: pooling, dims: 2) }
        }
    }
}
