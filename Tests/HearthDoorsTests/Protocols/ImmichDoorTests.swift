import Foundation
import HTTPTypes
import HearthCore
import HearthInference
import HearthJSON
import HearthTesting
import NIOCore
import Testing

@testable import HearthDoors

/// What Immich's server sends to its machine-learning host, and what it reads.
@Suite struct ImmichDoorTests {
    private let log = Locked<[String]>([])

    private static let boundary = "----formdata-undici-045719201836"
    private static let png = Data(base64Encoded: ProtocolClient.png)

    private func client(_ kind: ModelKind = .imageTextEmbedding) -> ProtocolClient {
        var named = ModelStatus.ready("clip-b32", kind, dims: 3)
        named.aliases = ["ViT-B-32__openai"]
        let model = named
        return ProtocolClient(
            engine: ScriptedEngine([model]) { [log] request in
                log.withLock { log in
                    switch request.input {
                    case .image(let picture): log.append("\(request.model ?? "") image \(picture.bytes.count)")
                    case .text(let text, let role): log.append("\(request.model ?? "") \(role?.rawValue ?? "") \(text)")
                    case .tokens: log.append("tokens")
                    }
                }
                return .of([0.6, -1e-7, 0.8], by: model)
            })
    }

    /// A part of a form: its field, its bytes, and whether it is a file.
    private typealias Part = (name: String, bytes: Data, isFile: Bool)

    private func send(_ parts: [Part], to client: ProtocolClient? = nil) async throws -> DoorClient.Answer {
        var body = Data()
        for part in parts {
            body += Data("--\(Self.boundary)\r\nContent-Disposition: form-data; name=\"\(part.name)\"".utf8)
            body += Data((part.isFile ? "; filename=\"blob\"\r\nContent-Type: application/octet-stream" : "").utf8)
            body += Data("\r\n\r\n".utf8) + part.bytes + Data("\r\n".utf8)
        }
        body += Data("--\(Self.boundary)--\r\n".utf8)
        return try await (client ?? self.client()).send(
            .post, "/predict", Array(body), type: "multipart/form-data; boundary=\(Self.boundary)")
    }

    private static func entries(_ json: String) -> Part { ("entries", Data(json.utf8), false) }
    private static let visual = entries(#"{"clip":{"visual":{"modelName":"ViT-B-32__openai"}}}"#)
    private static let textual = entries(
        #"{"clip":{"textual":{"modelName":"ViT-B-32__openai","options":{"language":"de"}}}}"#)

    @Test func itAnswersItsPing() async throws {
        let answer = try await client().send(.get, "/ping")
        #expect(answer.status == 200)
        #expect(answer.text == "pong")
        #expect(answer.headers[.contentType]?.hasPrefix("text/plain") == true)
    }

    @Test func aPictureGivesItsVectorAsTextAndItsSize() async throws {
        let png = try #require(Self.png)
        let answer = try await send([Self.visual, ("image", png, true)])
        #expect(answer.status == 200)
        #expect(answer.json == ["clip": "[0.6,-1e-07,0.8]", "imageHeight": 2, "imageWidth": 3])
        #expect(log.withLock { $0 } == ["clip-b32 image \(png.count)"])
    }

    @Test func aTextGivesTheVectorOfAQuery() async throws {
        let answer = try await send([Self.textual, ("text", Data("rote Laterne ☾".utf8), false)])
        #expect(answer.status == 200)
        #expect(answer.json == ["clip": "[0.6,-1e-07,0.8]"], "and no size")
        #expect(log.withLock { $0 } == ["clip-b32 query rote Laterne ☾"])
    }

    @Test func thePictureGoesFirstWhenThereIsATextAsWell() async throws {
        let png = try #require(Self.png)
        let answer = try await send([("text", Data("a".utf8), false), ("image", png, true), Self.visual])
        #expect(answer.json["imageWidth"] == 3)
    }

    @Test(arguments: [
        #"{"facial-recognition":{"detection":{"modelName":"buffalo_l"},"recognition":{"modelName":"buffalo_l"}}}"#,
        #"{"ocr":{"detection":{"modelName":"PP-OCRv5_mobile"},"recognition":{"modelName":"PP-OCRv5_mobile"}}}"#,
        #"{"clip":{"visual":{"modelName":"clip-b32"}},"ocr":{"detection":{"modelName":"x"}}}"#,
    ])
    func tasksOfOtherModelsAreLeftToTheNextHost(json: String) async throws {
        let answer = try await send([Self.entries(json), ("image", try #require(Self.png), true)])
        #expect(answer.status == 501)
        #expect(answer.json.objectValue?.keys == ["detail"], "never an empty list, which would mean: no faces")
        #expect(log.withLock { $0.isEmpty })
    }

    @Test(
        arguments: [
            "", "{", "[]", "3", #"{"clip":3}"#, #"{"clip":{"visual":3}}"#, #"{"clip":{"visual":{}}}"#,
            #"{"clip":{"visual":{"modelName":""}}}"#, #"{"clip":{"visual":{"modelName":3}}}"#,
            #"{"clip":{"visual":{"modelName":"clip-b32","options":3}}}"#,
            #"{"clip":{"detection":{"modelName":"clip-b32"}}}"#,
        ])
    func badEntriesAreUnprocessable(json: String) async throws {
        let answer = try await send([Self.entries(json), ("image", try #require(Self.png), true)])
        #expect(answer.status == 422)
        #expect(answer.json["detail"]?.stringValue?.isEmpty == false)
        #expect(log.withLock { $0.isEmpty })
    }

    @Test func whatIsMissingIsTold() async throws {
        let png = try #require(Self.png)
        #expect(try await send([("image", png, true)]).status == 422, "no entries")
        #expect(try await send([Self.visual]).status == 400, "nothing to look at")
        #expect(try await send([]).status == 422)
        #expect(try await send([Self.visual, Self.visual, ("image", png, true)]).status == 422)
        #expect(try await send([Self.textual, ("image", png, true)]).status == 400, "a picture is no text")
        #expect(try await send([Self.visual, ("text", Data("a".utf8), false)]).status == 400)
        #expect(try await send([Self.textual, ("text", Data([0xFF]), false)]).status == 422)
        #expect(try await send([Self.visual, ("image", Data("no picture".utf8), true)]).status >= 400)
        #expect(try await send([Self.visual, ("image", Data(), true)]).status == 422)
        #expect(try await send([Self.visual, ("image", png.dropLast(20), true)]).status == 422)
        let json = try await client().send(.post, "/predict", "{}")
        #expect(json.status == 415)
        #expect(json.json.objectValue?.keys == ["detail"])
        #expect(log.withLock { $0.isEmpty })
    }

    @Test func anUnknownModelIsNotReplacedByAnother() async throws {
        let answer = try await send([
            Self.entries(#"{"clip":{"visual":{"modelName":"ViT-L-14__openai"}}}"#),
            ("image", try #require(Self.png), true),
        ])
        #expect(answer.status == 404)
        #expect(answer.json["detail"]?.stringValue?.contains("clip-b32") == true, "it says what there is")
        #expect(log.withLock { $0.isEmpty })
    }

    @Test func aTextForAModelThatSeesOnlyPicturesGetsNoVector() async throws {
        let answer = try await send([Self.textual, ("text", Data("a".utf8), false)], to: client(.imageEmbedding))
        #expect(answer.status == 400)
        #expect(answer.json["detail"]?.stringValue?.contains("does not embed texts") == true)
        #expect(answer.json["clip"] == nil)
        #expect(log.withLock { $0.isEmpty })
    }

    @Test func noTaskGivesOnlyTheSize() async throws {
        let answer = try await send([Self.entries("{}"), ("image", try #require(Self.png), true)])
        #expect(answer.json == ["imageHeight": 2, "imageWidth": 3])
    }

    @Test(arguments: RepeatableRandom.seeds(6))
    func damagedEntriesAreUnprocessableOrRead(seed: UInt64) throws {
        var random = RepeatableRandom(seed: seed)
        for _ in 0..<300 {
            var bytes = Array(Self.textual.bytes)
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                if random.chance(50) {
                    bytes[index] = UInt8.random(in: 0x20...0x7E, using: &random)
                } else {
                    bytes.remove(at: index)
                }
            }
            do {
                for entry in try bytes.withUnsafeBytes({ try ImmichEntry.entries($0) }) {
                    try #require(!entry.modelName.isEmpty, "seed \(seed)")
                }
            } catch let error as HearthError {
                try #require(error.code == .unprocessable, "seed \(seed)")
            }
        }
    }
}
