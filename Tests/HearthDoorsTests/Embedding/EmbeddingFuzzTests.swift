import Foundation
import HearthCore
import HearthHTTP
import HearthInference
import HearthJSON
import HearthTesting
import NIOCore
import Testing

@testable import HearthDoors

/// Whatever a client sends, it gets an answer in the shape of its protocol; a seed repeats a failure.
@Suite struct EmbeddingFuzzTests {
    private static let keys = [
        "input", "inputs", "text", "image", "tokens", "url", "model", "role", "dimensions", "normalise", "normalize",
        "truncate", "keep_alive", "messages", "modality", "encoding_format", "prompt_name", "truncation_direction",
        "content", "type", "image_url", "source_sentence", "sentences", "parameters",
    ]
    private static let words = [
        "", "a", "query", "image", "text", "user", "base64", "float", "5m", "http://a.example/x", "file:///x",
        EmbeddingWorld.pixelText, "data:image/png;base64,AAAA", "image_url", "all-minilm-l6-v2", "\u{0}", "é\n",
    ]

    private static func value(_ random: inout RepeatableRandom, depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 9 : 6), using: &random) {
        case 0: return .null
        case 1: return .bool(random.chance(50))
        case 2: return .int([0, 1, -1, 2, 7_592, .max, .min].randomElement(using: &random) ?? 0)
        case 3: return .double([0.5, -1e300, 1e-9].randomElement(using: &random) ?? 0)
        case 4, 5: return .string(words.randomElement(using: &random) ?? "")
        case 6:
            return .array((0..<Int.random(in: 0...4, using: &random)).map { _ in value(&random, depth: depth - 1) })
        default:
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0...5, using: &random) {
                object[keys.randomElement(using: &random) ?? ""] = value(&random, depth: depth - 1)
            }
            return .object(object)
        }
    }

    @Test(arguments: RepeatableRandom.seeds(8))
    func everyRequestGetsAnAnswerOfItsProtocol(seed: UInt64) async throws {
        var random = RepeatableRandom(seed: seed)
        let world = try EmbeddingWorld()
        for round in 0..<150 {
            var body = JSONObject()
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                body[Self.keys.randomElement(using: &random) ?? ""] = Self.value(&random, depth: 4)
            }
            // Most requests would fail for want of an input otherwise.
            if random.chance(50) { body["input"] = Self.value(&random, depth: 3) }
            if random.chance(50) { body["inputs"] = Self.value(&random, depth: 3) }
            let text = JSONValue.object(body).encodedText()
            for path in ["/embed", "/embed/batch", "/v1/embeddings", "/similarity"] {
                let answer = try await world.post(path, text)
                let label: Comment = "seed \(seed), round \(round): \(path) \(text) → \(answer.text.prefix(300))"
                #expect([200, 400, 404, 422].contains(answer.status), label)
                if answer.status != 200 {
                    let isTEI = path == "/similarity" || answer.json["error_type"] != nil
                    let error = answer.json["error"]
                    #expect((isTEI ? error?.stringValue : error?["message"]?.stringValue) != nil, label)
                }
            }
        }
        #expect(world.budget.bytesInFlight == 0)
    }

    /// The parsers agree with what was written.
    @Test(arguments: RepeatableRandom.seeds(20))
    func whatIsWrittenIsRead(seed: UInt64) throws {
        var random = RepeatableRandom(seed: seed)
        let count = Int.random(in: 1...40, using: &random)
        let tokens = (0..<count).map { _ in
            (0..<Int.random(in: 1...9, using: &random)).map { _ in Int32.random(in: 0 ... .max, using: &random) }
        }
        let lists = JSONValue.array(tokens.map { .array($0.map { .int(Int64($0)) }) })
        let wanted = tokens.map { EmbeddingSource.ready(.tokens($0)) }
        #expect(try OpenAIEmbeddings(RequestFields(["input": lists])).sources == wanted, "seed \(seed)")
        #expect(try TEIEmbed(RequestFields(["inputs": lists])).sources == wanted, "seed \(seed)")
        let batch = try NativeBatch(
            RequestFields(["inputs": .array(lists.arrayValue?.map { ["tokens": $0] } ?? [])]))
        #expect(try batch.sources.map { try $0.get() } == wanted, "seed \(seed)")
    }

    /// Decimals and base64 say the same numbers, and every float survives.
    @Test(arguments: RepeatableRandom.seeds(20))
    func vectorsSurviveTheirText(seed: UInt64) throws {
        var random = RepeatableRandom(seed: seed)
        let vector = (0..<64).map { _ in
            Float(bitPattern: UInt32.random(in: 0 ... .max, using: &random))
        }.filter(\.isFinite)
        var text = VectorText()
        text.vector(vector)
        let json = try JSONParser.read(Data(text.buffer.readableBytesView))
        let read = json.arrayValue?.compactMap(\.doubleValue).map { Float($0) }
        #expect(read == vector, "seed \(seed)")
    }
}
