import Foundation
import HearthCore
import HearthTesting
import Testing

@testable import HearthModelLibrary

@Suite struct ModelManifestReadingTests {
    private static let digest = String(repeating: "a", count: 64)
    private static let text = """
        {"id": "m", "kind": "image-text-embedding", "description": "d", "licence": "MIT", "commercial": true,
         "source": "s", "weights": "v.onnx", "aliases": ["a/b"],
         "files": {"v.onnx": "\(digest)", "t.xml": "\(digest)", "t.bin": "\(digest)", "tokenizer.json": "\(digest)"},
         "image": {"width": 8, "height": 8, "resize": "cover", "interpolation": "bicubic", "channels": "RGB",
                   "layout": "NCHW", "scale": 0.5, "mean": [0, 0, 0], "std": [1, 1, 1]},
         "text": {"tokenizer": "tokenizer.json", "maximumTokens": 16, "weights": "t.xml"},
         "output": {"dims": 4, "normalise": true}, "goldens": "goldens.jsonl"}
        """

    private func read(_ text: String) -> Result<ModelManifest, ModelManifest.Defect> {
        ModelManifest.read(Data(text.utf8))
    }

    private func problem(_ text: String) -> String? {
        switch read(text) {
        case .success(let manifest): manifest.defect
        case .failure(let defect): defect.text
        }
    }

    @Test func whatIsOptionalHasItsDefault() throws {
        let manifest = try read(Self.text).get()
        #expect(manifest.defect == nil)
        #expect(manifest.image?.background == [255, 255, 255])
        #expect(manifest.text?.padding == .longest)
        #expect(manifest.text?.pooling == .mean)
        #expect(manifest.revision == nil)
        #expect(manifest.goldens == "goldens.jsonl", "no file of `files`")
    }

    @Test func aThresholdForMatchesIsReadAndIsNoPartOfTheDigest() throws {
        var manifest = try read(Self.text).get()
        #expect(manifest.match == nil)
        let digest = manifest.digest
        manifest.match = .init(threshold: 0.8, measured: "on 68 drawings")
        #expect(manifest.defect == nil && manifest.digest == digest, "it says how to read vectors, and changes none")
    }

    @Test func whatIsReadIsWrittenAndReadAgain() throws {
        var manifest = try read(Self.text).get()
        manifest.installed = .init(from: "https://a", at: "2026-01-01T00:00:00Z", licence: "MIT", pinned: ["v.onnx"])
        manifest.match = .init(threshold: 0.8, measured: "on 68 drawings")
        #expect(try ModelManifest.read(JSONEncoder().encode(manifest)).get() == manifest)
    }

    @Test(arguments: [
        ("\"id\"", "\"colour\": 1, \"id\"", "\"colour\", which is not known"),
        ("\"width\"", "\"depth\": 1, \"width\"", "\"image.depth\", which is not known"),
        ("\"tokenizer\":", "\"stemmer\": 1, \"tokenizer\":", "\"text.stemmer\", which is not known"),
        ("\"dims\"", "\"rank\": 1, \"dims\"", "\"output.rank\", which is not known"),
        ("image-text-embedding", "speech", "\"speech\" as kind; image-embedding, "),
        ("\"cover\"", "\"crop\"", "\"crop\" as image.resize; stretch, cover, letterbox are allowed"),
        ("\"id\": \"m\"", "\"id\": \"M\"", "as id; 1 to 64"),
        ("\"id\": \"m\"", "\"id\": \"m\", \"id\": \"n\"", "not JSON"),
        ("\"scale\": 0.5", "\"scale\": 0", "image.scale"),
        ("[0, 0, 0]", "[0, 0, 1e300]", "image.mean"),
        ("[0, 0, 0]", "[0, 0, \"\"]", "wrong type"),
        ("\"dims\": 4", "\"dims\": 4.5", "output.dims"),
        ("\"dims\": 4", "\"dims\": 99999999999", "output.dims"),
        ("\"weights\": \"v.onnx\"", "\"weights\": \"tokenizer.json\"", "as weights; .xml, .onnx and .tflite"),
        ("\"t.bin\": ", "\"u.bin\": ", "no checksum for t.bin"),
        ("\"description\": \"d\"", "\"description\": \"\"", "description of 0 characters"),
        ("[\"a/b\"]", "[\"a\", \"a\"]", "different aliases"),
        ("\"goldens.jsonl\"", "\"../goldens\"", "plain file name"),
        ("\"v.onnx\": ", "\"a/b/v.onnx\": ", "plain file name"),
        ("image-text-embedding", "image-embedding", "text tower"),
        ("\"licence\": \"MIT\", ", "", "lacks \"licence\""),
        ("\"id\"", "\"match\": {\"threshold\": 1.5, \"measured\": \"m\"}, \"id\"", "1.5 as match.threshold"),
        ("\"id\"", "\"match\": {\"threshold\": 0.5, \"measured\": \"\"}, \"id\"", "measured of 0 characters"),
        ("\"id\"", "\"match\": {\"threshold\": 0.5}, \"id\"", "lacks \"match.measured\""),
        (
            "\"id\"", "\"match\": {\"threshold\": 0.5, \"anchors\": 64, \"measured\": \"m\"}, \"id\"",
            "one of match.anchors and match.perHalving"
        ),
        (
            "\"id\"",
            "\"match\": {\"threshold\": 0.5, \"anchors\": 1, \"perHalving\": 0, \"measured\": \"m\"}, \"id\"",
            "1 as match.anchors"
        ),
        (
            "\"id\"",
            "\"match\": {\"threshold\": 0.5, \"anchors\": 9, \"perHalving\": -0.1, \"measured\": \"m\"}, \"id\"",
            "-0.1 as match.perHalving"
        ),
        ("\"id\"", "\"match\": {\"treshold\": 0.5}, \"id\"", "\"match.treshold\", which is not known"),
    ])
    func problemIsNamed(what: String, change: String, expected: String) {
        let text = Self.text.replacingOccurrences(of: what, with: change)
        #expect(problem(text)?.contains(expected) == true, "\(problem(text) ?? "usable")")
    }

    /// Whatever stands in a file: it is read or refused, never a trap, and what is usable stays within its limits.
    @Test(arguments: RepeatableRandom.seeds(40))
    func mutatedManifestIsReadOrRefused(seed: UInt64) {
        var random = RepeatableRandom(seed: seed)
        let pieces = [
            "null", "-1", "1e999", "9223372036854775808", "\"\"", "[]", "{}", "true", "\\u0000", "\"../x\"", "{\"a\":",
            "]", "0", "1e-320", "\u{FEFF}", "\"kind\": \"unknown\",",
        ]
        for _ in 0..<100 {
            var bytes = Array(Self.text.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                let end = min(bytes.count, at + Int.random(in: 0...12, using: &random))
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.replaceSubrange(at..<end, with: [])
                default: bytes.replaceSubrange(at..<end, with: Array((pieces.randomElement(using: &random) ?? "").utf8))
                }
                if bytes.isEmpty { bytes = [UInt8(ascii: " ")] }
            }
            switch ModelManifest.read(Data(bytes)) {
            case .failure(let defect): #expect(defect.text.hasPrefix("model.json"))
            case .success(let manifest):
                guard manifest.defect == nil else { continue }
                #expect(manifest.kind != .unknown && manifest.files[manifest.weights] != nil)
                #expect(manifest.digest.count == 64)
            }
        }
    }
}
