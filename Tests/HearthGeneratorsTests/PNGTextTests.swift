import Foundation
import HearthCore
import HearthJSON
import Testing

@testable import HearthGenerators

/// What other programs find inside a board.
@Suite struct PNGTextTests {
    /// A PNG file of one pixel.
    private static let pixel =
        Data(
            base64Encoded:
                "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==")
        ?? Data()

    private func recipe(_ prompt: String) -> Recipe {
        Recipe(
            generator: "storyboard", kind: .image, prompt: prompt, stylePreset: "none", positive: "scene, \(prompt)",
            negative: "blurry", width: 1_280, height: 720, seed: 42, steps: 15, sampler: "dpmpp_2m",
            scheduler: "karras",
            guidance: 7.5, referenceWeight: 0.8, references: [])
    }

    /// Keywords and contents of the chunks between header and pixels, with their check sums verified.
    private func chunks(_ file: Data) -> [(type: String, body: Data)] {
        let bytes = [UInt8](file)
        var (position, chunks): (Int, [(String, Data)]) = (8, [])
        while position + 12 <= bytes.count {
            let length = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
            let typed = Data(bytes[(position + 4)..<(position + 8 + length)])
            let sum = bytes[(position + 8 + length)..<(position + 12 + length)].reduce(UInt32(0)) {
                $0 << 8 | UInt32($1)
            }
            #expect(typed.withUnsafeBytes { CRC32.checksum($0) } == sum)
            chunks.append((String(decoding: typed.prefix(4), as: UTF8.self), Data(typed.dropFirst(4))))
            position += 12 + length
        }
        return chunks
    }

    private func texts(_ prompt: String) throws -> [String: String] {
        let file = try PNGText.added(RecipeText(recipe(prompt)).chunks, to: Self.pixel)
        var texts: [String: String] = [:]
        for chunk in chunks(file) where ["tEXt", "iTXt"].contains(chunk.type) {
            let parts = chunk.body.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
            let keyword = String(decoding: parts[0], as: UTF8.self)
            texts[keyword] =
                chunk.type == "iTXt"
                ? String(decoding: parts[1].dropFirst(4), as: UTF8.self)
                : String(parts[1].map { Character(Unicode.Scalar($0)) })
        }
        return texts
    }

    @Test func comfyUIFindsAGraphWithPromptSeedAndSampler() throws {
        let graph = try JSONParser.parse(Data(try #require(try texts("Mira in the rain")["prompt"]).utf8))
        #expect(graph["2"]?["inputs"]?["text"] == "scene, Mira in the rain")
        #expect(graph["5"]?["class_type"] == "KSampler" && graph["5"]?["inputs"]?["seed"] == 42)
        #expect(graph["4"]?["inputs"]?["width"] == 1_280)
        let workflow = try JSONParser.parse(Data(try #require(try texts("x")["workflow"]).utf8))
        let nodes = try #require(workflow["nodes"]?.arrayValue)
        #expect(nodes.count == graph.objectValue?.count)
        // Every link begins at an output and ends at an input that name it.
        for link in try #require(workflow["links"]?.arrayValue) {
            let (id, from, to) = (link[0], link[1]?.integerValue ?? 0, link[3]?.integerValue ?? 0)
            let outputs = nodes[Int(from) - 1]["outputs"]?[Int(link[2]?.integerValue ?? 0)]?["links"]?.arrayValue ?? []
            #expect(outputs.contains { $0 == id })
            #expect(nodes[Int(to) - 1]["inputs"]?[Int(link[4]?.integerValue ?? 0)]?["link"] == id)
        }
    }

    @Test func a1111FindsItsParameters() throws {
        let parameters = try #require(try texts("Mira in the rain")["parameters"])
        let lines = parameters.split(separator: "\n")
        #expect(lines[0] == "scene, Mira in the rain" && lines[1] == "Negative prompt: blurry")
        #expect(lines[2].hasPrefix("Steps: 15, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7.5, Seed: 42, "))
    }

    @Test func promptsInAnyScriptComeBackWhole() throws {
        for prompt in ["雨の中を歩く", "Fräulein \"Müller\" \\ 🔥", "تمشي ميرا"] {
            let texts = try texts(prompt)
            #expect(texts["parameters"]?.hasPrefix("scene, \(prompt)\n") == true)
            let graph = try JSONParser.parse(Data(try #require(texts["prompt"]).utf8))
            #expect(graph["2"]?["inputs"]?["text"]?.stringValue == "scene, \(prompt)")
            let stated = try JSONParser.parse(Data(try #require(texts["hearth"]).utf8))
            #expect(stated["recipe"]?["prompt"]?.stringValue == prompt)
        }
    }

    @Test func theFileSaysThatNoModelHasDrawnIt() throws {
        #expect(try texts("x")["Software"] == "Hearth storyboard: composed, not rendered by a model")
    }

    @Test func whatIsNoPNGIsRefused() {
        #expect(throws: HearthError.self) { try PNGText.added([], to: Data("GIF89a".utf8)) }
        #expect(throws: HearthError.self) { try PNGText.added([], to: Data()) }
    }

    @Test(arguments: [
        (0, "0"), (1.5, "1.5"), (-0.004, "0"), (-2.25, "-2.25"), (1_000, "1000"), (0.999, "1"), (3.07, "3.07"),
    ])
    func numbersOfDrawingsAreShort(value: Double, text: String) {
        #expect(SVGDrawing.number(value) == text)
    }
}
