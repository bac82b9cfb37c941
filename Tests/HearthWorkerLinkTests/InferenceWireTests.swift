import Foundation
import HearthCore
import HearthInference
import HearthJSON
import HearthTesting
import NIOCore
import Testing

@testable import HearthWorkerLink

@Suite struct InferenceWireTests {
    private let now = ContinuousClock.now

    private func code(_ body: () throws -> some Any) -> HearthError.Code? {
        do {
            _ = try body()
            return nil
        } catch {
            return (error as? HearthError)?.code ?? "other"
        }
    }

    /// The bytes of messages in one piece, as they lie at the other end of the socket.
    private func bytes(_ messages: [InferenceWire.Message]) -> ByteBuffer {
        var bytes = ByteBuffer()
        for piece in InferenceWire.encode(messages) { bytes.writeImmutableBuffer(piece) }
        return bytes
    }

    /// Over the wire and back.
    private func sent(_ message: InferenceWire.Message) throws -> InferenceWire.Message {
        let received = try InferenceWire.decode(bytes([message, message]))
        #expect(received == [message, message])
        return try #require(received.last)
    }

    private func sent(_ request: InferenceRequest) throws -> InferenceRequest {
        try InferenceWire.request(sent(InferenceWire.message(request, now: now)), now: now)
    }

    private func sent(_ answer: InferenceAnswer) throws -> InferenceAnswer {
        try InferenceWire.answer(sent(InferenceWire.message(.success(answer)))).get()
    }

    private static let tensors = [
        NamedTensor(name: "f", tensor: Tensor(shape: [2, 2], values: [1, -2, 0.5, .infinity])),
        NamedTensor(name: "l", tensor: Tensor(shape: [2], elements: .int64([.min, .max]))),
        NamedTensor(name: "i", tensor: Tensor(shape: [1, 3], elements: .int32([.min, 0, .max]))),
        NamedTensor(name: "b", tensor: Tensor(shape: [3, 1], elements: .uint8([0, 128, 255]))),
        NamedTensor(name: "none", tensor: Tensor(shape: [0, 7], values: [])),
        NamedTensor(name: "one", tensor: Tensor(shape: [], values: [3])),
    ]

    // MARK: Requests

    @Test(
        arguments: [
            .embed(.image(Data([0, 255, 7]))), .embed(.image(Data())),
            .embed(.text("Grüße 🔥\u{0}", role: nil), truncates: false), .embed(.text("", role: .query)),
            .embed(.text("d", role: .document)), .embed(.tokens([0, -1, .max, .min]), truncates: false),
            .embed(.tokens([])), .run(tensors, outputs: ["a", "b"]), .run([]),
            .ask(.image(Data([1])), for: ModelAbility(rawValue: "find birds")),
            .faces(Picture(Data([1, 2])), FaceQuestion(embeds: true)),
            .faces(
                Picture(Data()),
                FaceQuestion(
                    search: FaceSearch(longSide: 320, padding: 0.25, quarterTurns: 3, tiles: 2), minimumScore: 0.75,
                    maximumFaces: 7, embeds: false, detector: "yunet", embedder: "sface")),
        ] as [InferenceQuestion])
    func everyQuestionArrivesAsItWasSent(question: InferenceQuestion) throws {
        for (model, priority) in zip(["clip", nil], InferencePriority.allCases) {
            let request = InferenceRequest(
                question, of: model, priority: priority, tenant: Tenant(rawValue: "söme"), deadline: now + .seconds(3))
            let received = try sent(request)
            #expect(received.question == question && received.model == model && received.priority == priority)
            #expect(received.tenant == request.tenant && received.deadline == request.deadline)
        }
    }

    @Test func aQuestionAboutFacesThatIsNotWholeIsRefused() throws {
        let question = InferenceQuestion.faces(Picture(Data([1])), FaceQuestion(embeds: true))
        var message = InferenceWire.message(InferenceRequest(question, deadline: now + .seconds(1)), now: now)
        for broken in [nil, .null, "faces", [:]] as [JSONValue?] {
            message.header["faces"] = broken
            #expect(code { try InferenceWire.request(message, now: now) } == .invalidRequest)
        }
        message = InferenceWire.message(InferenceRequest(question, deadline: now + .seconds(1)), now: now)
        message.payloads = []
        #expect(code { try InferenceWire.request(message, now: now) } == .invalidRequest)
    }

    @Test func facesArriveAsTheyWereFound() throws {
        let traits = FaceTraits(
            yaw: -12.5, pitch: 3.25, roll: 0.1, sharpness: 0.75, brightness: 0.5, side: 120, quality: 0.625)
        let model = ModelIdentity(id: "e", digest: "d", dims: 2, precision: "f32")
        let timings = FaceTimings(
            decode: .milliseconds(5), queue: .microseconds(3), detect: .milliseconds(7), align: .zero,
            embed: .nanoseconds(1))
        let report = FaceReport(
            width: 640, height: 480, faces: [.init(traits: traits, vector: 0), .init(traits: traits)],
            detector: ModelIdentity(id: "d", digest: "x", dims: 0, precision: "f32"), timings: timings)
        let region = PictureRegion(x: -0.1, y: 0.2, width: 0.3, height: 0.4, score: 0.9, points: [.init(x: 1, y: 0)])
        let answer = InferenceAnswer(
            model: model, vectors: [Embedding([0.6, 0.8])], regions: [region, region], faces: report)
        let received = try sent(answer)
        #expect(received == answer && received.faces?.timings == timings)
    }

    @Test func deadlinesThatHavePassedStayPassed() throws {
        #expect(try sent(InferenceRequest(.run([]), deadline: now - .seconds(5))).deadline == now)
    }

    @Test(arguments: ["question", "ability", "priority", "tenant", "timeout_ms"])
    func aRequestThatLacksAFieldIsRefused(field: String) {
        var message = InferenceWire.message(
            InferenceRequest(.embed(.tokens([1])), deadline: now + .seconds(1)), now: now)
        message.header[field] = nil
        #expect(code { try InferenceWire.request(message, now: now) } == .invalidRequest)
        message.header[field] = "sound"
        // Any word names a tenant, and an ability that no model has.
        let isOpen = ["tenant", "ability"].contains(field)
        #expect(isOpen || code { try InferenceWire.request(message, now: now) } == .invalidRequest)
    }

    @Test(arguments: [1, 2, 3, 5, 7]) func idsThatAreNotWholeAreRefused(count: Int) {
        var message = InferenceWire.message(InferenceRequest(.embed(.tokens([])), deadline: now), now: now)
        message.payloads = [ByteBuffer(repeating: 0, count: count)]
        #expect(code { try InferenceWire.request(message, now: now) } == .invalidRequest)
        message.payloads = []
        #expect(code { try InferenceWire.request(message, now: now) } == .invalidRequest)
    }

    @Test(
        arguments: [
            [-1], [2, -2], [4], [1 << 31], [1 << 61], [1 << 62], [.max], [.max, .max], [1 << 32, 1 << 32],
            [.max, 0, 3], [.min, .min],
        ] as [[Int]])
    func shapesThatDoNotFitAreRefused(shape: [Int]) {
        for type in ElementType.allCases {
            let header: JSONValue = [
                "name": "x", "type": .string(type.rawValue), "shape": .array(shape.map { .int(Int64($0)) }),
            ]
            let refusal = code { try NamedTensor(header: header, ByteBuffer(repeating: 0, count: 7)) }
            #expect(refusal == .invalidRequest, "\(shape) of \(type)")
        }
    }

    // MARK: Answers

    private let timings = InferenceTimings(
        decode: .nanoseconds(1), queue: .milliseconds(2), compute: .seconds(3), batch: 8)

    @Test func vectorsArriveBitForBit() throws {
        let answer = InferenceAnswer(
            model: ModelIdentity(id: "m", digest: "d", dims: 4, precision: "bf16"),
            vectors: [
                Embedding([0.1, -0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude], norm: 3.25),
                Embedding([1, 2, 3, 4], norm: .leastNormalMagnitude),
            ], tokens: 9, timings: timings)
        let received = try sent(answer)
        #expect(received == answer)
        #expect(received.vectors[0].values[1].sign == .minus)
    }

    @Test func regionsWithTheirPointsAndVectorsArriveInOrder() throws {
        let eyes = [PictureRegion.Point(x: 0.25, y: 0.5), PictureRegion.Point(x: -0.1, y: 1.5)]
        let answer = InferenceAnswer(
            model: ModelIdentity(id: "faces", digest: "d", dims: 2, precision: "f32"),
            vectors: [Embedding([1, 0]), Embedding([0, 1])],
            regions: [
                PictureRegion(x: 0.1, y: 0.2, width: 0.3, height: 0.4, score: 0.99, points: eyes),
                PictureRegion(x: -1, y: 0, width: 2, height: 1, score: 0.5),
            ], timings: timings)
        #expect(try sent(answer) == answer)
        var damaged = InferenceWire.message(.success(answer))
        for regions in [7, [7], [["x": 1]], [["x": "left"]], [["x": 1e300]]] as [JSONValue] {
            damaged.header["regions"] = regions
            #expect(code { try InferenceWire.answer(damaged) } == .invalidRequest, "\(regions)")
        }
    }

    @Test func tensorsArriveAsTheyWereSent() throws {
        let answer = InferenceAnswer(tensors: Self.tensors, timings: timings)
        #expect(try sent(answer) == answer)
    }

    @Test func aVectorOfAnotherLengthThanItsModelsIsRefused() throws {
        var answer = InferenceAnswer(
            model: ModelIdentity(id: "m", digest: "d", dims: 2, precision: "f32"), vectors: [Embedding([1, 2, 3])])
        #expect(code { try InferenceWire.answer(InferenceWire.message(.success(answer))) } == .invalidRequest)
        answer.model = nil
        #expect(code { try InferenceWire.answer(InferenceWire.message(.success(answer))) } == .invalidRequest)
    }

    @Test func errorsArriveAsTheyWereThrown() throws {
        for error in [
            HearthError(.overloaded, "Full.", hint: "Later.", retryAfter: 7), HearthError("odd_code", "\"quoted\""),
        ] {
            guard case .failure(let received) = try InferenceWire.answer(sent(InferenceWire.message(.failure(error))))
            else {
                Issue.record("an error came as an answer")
                continue
            }
            #expect(received.code == error.code && received.message == error.message)
            #expect(received.hint == error.hint && received.retryAfter == error.retryAfter)
        }
    }

    // MARK: Bytes

    @Test(
        arguments: [
            [1], [1, 0, 0], [255, 255, 255, 255], [0, 0, 0, 128, 1], [2, 0, 0, 0, 0x7B, 0x7D],
            [2, 0, 0, 0, 0x7B, 0x7D, 1, 0, 0, 0], [2, 0, 0, 0, 0x7B, 0x7D, 255, 255, 255, 255, 0],
            [2, 0, 0, 0, 0x7B, 0x7D, 1, 0, 0, 0, 4, 0, 0, 0, 1], [0, 0, 0, 0, 0, 0, 0, 0],
            [3, 0, 0, 0, 0x7B, 0x7D, 0x7D, 0, 0, 0, 0],
        ] as [[UInt8]])
    func lengthsThatLieAreRefused(bytes: [UInt8]) {
        #expect(code { try InferenceWire.decode(ByteBuffer(bytes: bytes)) } == .invalidRequest)
    }

    @Test func noBytesAreNoMessages() throws {
        #expect(try InferenceWire.decode(ByteBuffer()).isEmpty)
    }

    /// Where the bytes of a buffer lie.
    private func address(_ buffer: ByteBuffer) -> UnsafeRawPointer? {
        buffer.withUnsafeReadableBytes { $0.baseAddress }
    }

    @Test func largePayloadsAreSentFromWhereTheyLie() throws {
        let large = ByteBuffer(repeating: 7, count: Limits.copiedPayloadBytes)
        let small = ByteBuffer(repeating: 8, count: Limits.copiedPayloadBytes - 1)
        let pieces = InferenceWire.encode([.init([:], payloads: [small, large, small]), .init([:])])
        #expect(pieces.count == 3)
        #expect(address(pieces[1]) == address(large))
        let body = bytes([.init([:], payloads: [small, large, small]), .init([:])])
        #expect(try InferenceWire.decode(body).map(\.payloads) == [[small, large, small], []])
    }

    @Test func aPictureIsReadWhereItArrived() throws {
        let picture = Data((0..<40_000).map { UInt8(truncatingIfNeeded: $0) })
        let body = bytes([
            InferenceWire.message(InferenceRequest(.embed(.image(picture)), deadline: now), now: now)
        ])
        let request = try InferenceWire.request(InferenceWire.decode(body)[0], now: now)
        guard case .image(let received) = request.question.input else {
            Issue.record("a picture came as something else")
            return
        }
        #expect(received.bytes == picture)
        let start = received.bytes.withUnsafeBytes { $0.baseAddress }
        let end = try #require(address(body)) + body.readableBytes
        #expect(start == end - picture.count)
    }

    @Test func anyNumberOfACallMayBeAnyOther() throws {
        let requests = [InferenceQuestion.embed(.tokens([1, 2])), .run(Self.tensors)].map {
            InferenceWire.message(InferenceRequest($0, deadline: now + .seconds(1)), now: now)
        }
        let answer = InferenceAnswer(
            model: ModelIdentity(id: "m", digest: "d", dims: 2, precision: "f32"), vectors: [Embedding([1, 2])],
            tensors: Self.tensors, regions: [PictureRegion(x: 0, y: 0, width: 1, height: 1, score: 1)],
            timings: timings)
        func check(_ message: InferenceWire.Message, _ place: String) {
            let refusals = [
                code { try InferenceWire.request(message, now: now) }, code { try InferenceWire.answer(message) },
            ]
            #expect(refusals.allSatisfy { [nil, .invalidRequest].contains($0) }, "\(place): \(refusals)")
        }
        for message in requests + [InferenceWire.message(.success(answer))] {
            message.header.encodedText().withExtremeNumbers { header, place in
                guard let header = try? JSONParser.parse(Data(header.utf8)) else { return }
                check(InferenceWire.Message(header, payloads: message.payloads), place)
            }
            let whole = Data(bytes([message]).readableBytesView)
            whole.withExtremeNumbers { copy, place in
                for message in (try? InferenceWire.decode(ByteBuffer(bytes: copy))) ?? [] { check(message, place) }
            }
        }
    }

    /// Whatever comes over the socket is read or refused; nothing traps.
    @Test(arguments: RepeatableRandom.seeds(60))
    func damagedCallsAreReadOrRefused(seed: UInt64) throws {
        var random = RepeatableRandom(seed: seed)
        let requests = [InferenceQuestion.embed(.tokens([1, 2])), .run(Self.tensors)].map {
            InferenceWire.message(InferenceRequest($0, deadline: now + .seconds(1)), now: now)
        }
        let answer = InferenceAnswer(
            model: ModelIdentity(id: "m", digest: "d", dims: 2, precision: "f32"), vectors: [Embedding([1, 2])],
            tensors: Self.tensors, regions: [PictureRegion(x: 0, y: 0, width: 1, height: 1, score: 1)])
        let whole = Data(bytes(requests + [InferenceWire.message(.success(answer))]).readableBytesView)
        for _ in 0..<300 {
            var bytes = whole
            for _ in 0...Int.random(in: 0..<4, using: &random) { damage(&bytes, &random) }
            let refusal = code { try InferenceWire.decode(ByteBuffer(bytes: bytes)) }
            #expect([nil, .invalidRequest].contains(refusal), "seed \(seed)")
            for message in (try? InferenceWire.decode(ByteBuffer(bytes: bytes))) ?? [] {
                let refusals = [
                    code { try InferenceWire.request(message, now: now) }, code { try InferenceWire.answer(message) },
                ]
                #expect(refusals.allSatisfy { [nil, .invalidRequest].contains($0) }, "seed \(seed): \(refusals)")
            }
        }
    }

    private func damage(_ bytes: inout Data, _ random: inout RepeatableRandom) {
        guard !bytes.isEmpty else { return }
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes = bytes.prefix(place)
        case 1: bytes.insert(UInt8.random(in: 0...255, using: &random), at: bytes.startIndex + place)
        // Digits make numbers that are larger than anybody sends.
        case 2: bytes.insert(contentsOf: Data("99999999999".utf8), at: bytes.startIndex + place)
        case 3: bytes[bytes.startIndex + place] = UInt8(ascii: "9")
        default: bytes[bytes.startIndex + place] = UInt8.random(in: 0...255, using: &random)
        }
    }
}
