import HearthCore
import HearthJSON
import HearthTesting
import NIOCore
import Testing

@testable import HearthDoors

/// Generated and damaged tensors: what was written comes back exactly, and nothing else crashes.
@Suite struct OpenInferenceFuzzTests {
    /// A tensor and its JSON, flat or nested.
    private struct Sample {
        var shape: [Int]
        var values: [Float]
        var json: String

        init(_ random: inout RepeatableRandom) {
            shape = (0..<Int.random(in: 1...4, using: &random)).map { _ in Int.random(in: 1...4, using: &random) }
            values = (0..<shape.reduce(1, *)).map { _ in
                Float(bitPattern: UInt32.random(in: 0..<0x7F80_0000, using: &random))
                    * (random.chance(50) ? 1 : -1)
            }
            let texts = values.map(\.description)
            let data =
                random.chance(50) ? "[\(texts.joined(separator: ", "))]" : Self.nested(texts[...], shape[...])
            json = #"{"inputs":[{"name":"x","shape":\#(shape),"datatype":"FP32","data":\#(data)}]}"#
        }

        private static func nested(_ texts: ArraySlice<String>, _ shape: ArraySlice<Int>) -> String {
            guard let length = shape.first, shape.count > 1 else { return "[\(texts.joined(separator: ","))]" }
            let size = texts.count / length
            let rows = (0..<length).map { row in
                let start = texts.startIndex + row * size
                return nested(texts[start..<start + size], shape.dropFirst())
            }
            return "[\(rows.joined(separator: ","))]"
        }
    }

    private func request(_ json: [UInt8]) throws -> OpenInferenceRequest {
        let value = try json.withUnsafeBytes { try JSONParser.read($0) }
        return try OpenInferenceRequest(RequestFields(value.objectValue ?? [:]))
    }

    @Test(arguments: RepeatableRandom.seeds(8))
    func everyFloatComesBackExactly(seed: UInt64) throws {
        var random = RepeatableRandom(seed: seed)
        for _ in 0..<60 {
            let sample = Sample(&random)
            let tensors = try request(Array(sample.json.utf8)).tensors(for: .ready("eyes", .imageEmbedding))
            try #require(tensors.map(\.tensor) == [Tensor(shape: sample.shape, values: sample.values)], "seed \(seed)")
        }
    }

    @Test(arguments: RepeatableRandom.seeds(8))
    func damagedRequestsAreRefusedOrFillTheirShape(seed: UInt64) throws {
        var random = RepeatableRandom(seed: seed)
        let letters = Array(#"[]{},:"0123456789-.eE null true"#.utf8)
        for _ in 0..<300 {
            var bytes = Array(Sample(&random).json.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0: bytes[index] = letters.randomElement(using: &random) ?? 0
                case 1: bytes.remove(at: index)
                default: bytes.insert(letters.randomElement(using: &random) ?? 0, at: index)
                }
            }
            do {
                for tensor in try request(bytes).tensors(for: .ready("eyes", .imageEmbedding)) {
                    try #require(
                        tensor.tensor.shape.reduce(1, *) == tensor.tensor.elements.count, "seed \(seed)")
                }
            } catch let error as HearthError {
                try #require(error.code == .invalidRequest, "seed \(seed)")
            }
        }
    }

    /// Vectors are written with few digits, and yet nothing of them is lost.
    @Test(arguments: RepeatableRandom.seeds(8))
    func writtenNumbersReadBackAsTheSame(seed: UInt64) throws {
        var random = RepeatableRandom(seed: seed)
        let values = (0..<500).map { _ in Float(bitPattern: UInt32.random(in: 0...UInt32.max, using: &random)) }
        var buffer = ByteBuffer()
        buffer.writeJSONNumbers(values)
        let read = try buffer.withUnsafeReadableBytes { try JSONParser.read($0) }.arrayValue ?? []
        try #require(read.count == values.count)
        for (value, number) in zip(values, read) {
            try #require(
                value.isFinite ? number.doubleValue.map { Float($0) } == value : number.isNull, "seed \(seed)")
        }
    }
}
