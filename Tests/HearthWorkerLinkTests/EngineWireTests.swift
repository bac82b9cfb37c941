import Foundation
import HearthCore
import HearthInference
import HearthJSON
import HearthTesting
import Testing

@testable import HearthWorkerLink

@Suite struct EngineWireTests {
    private let now = ContinuousClock.now

    private func code(_ body: () throws -> some Any) -> HearthError.Code? {
        do {
            _ = try body()
            return nil
        } catch {
            return (error as? HearthError)?.code ?? "other"
        }
    }

    /// Over the wire and back.
    private func sent(_ frames: [EngineWire.Frame]) throws -> [EngineWire.Frame] {
        let received = try EngineWire.decode(EngineWire.encode(frames))
        #expect(received == frames)
        return received
    }

    @Test(
        arguments: [
            .image(Data([0, 255, 7])), .image(Data()), .text("Grüße 🔥\u{0}", role: nil), .text("", role: .query),
            .text("d", role: .document), .tokens([0, -1, .max, .min]), .tokens([]),
        ] as [EmbeddingInput])
    func requestsForVectorsArriveAsTheyWereSent(input: EmbeddingInput) throws {
        for model in ["clip", nil] {
            let request = EmbeddingRequest(
                model: model, input: input, truncates: model == nil, tenant: Tenant(rawValue: "söme"),
                deadline: now + .seconds(3))
            let received = try EngineWire.request(try sent([try EngineWire.frame(request, now: now)])[0], now: now)
            #expect(received.model == model && received.input == input && received.truncates == request.truncates)
            #expect(received.tenant == request.tenant && received.deadline == request.deadline)
        }
    }

    @Test func deadlinesThatHavePassedStayPassed() throws {
        let late = EmbeddingRequest(input: .tokens([1]), deadline: now - .seconds(5))
        let received = try EngineWire.request(EngineWire.frame(late, now: now), now: now)
        #expect(received.deadline == now)
    }

    @Test func vectorsArriveAsTheyWereSent() throws {
        var result = EmbeddingResult(
            vector: [0.1, -0, .leastNonzeroMagnitude, .greatestFiniteMagnitude], norm: 3.25, tokens: 9,
            model: ModelIdentity(id: "m", digest: "d", dims: 4, precision: "bf16"),
            timings: InferenceTimings(
                decode: .nanoseconds(1), queue: .milliseconds(2), compute: .seconds(3), batch: 8))
        let received = try EngineWire.result(try sent([try EngineWire.frame(.success(result))])[0]).get()
        #expect(received.vector == result.vector && received.norm == 3.25 && received.tokens == 9)
        #expect(received.model == result.model && received.timings.batch == 8)
        #expect(
            [received.timings.decode, received.timings.queue, received.timings.compute] == [
                .nanoseconds(1), .milliseconds(2), .seconds(3),
            ])
        result.model.dims = 5
        let lying = try EngineWire.frame(.success(result))
        #expect(code { try EngineWire.result(lying) } == .internalError)
    }

    @Test func errorsArriveAsTheyWereThrown() throws {
        for error in [
            HearthError(.overloaded, "Full.", hint: "Later.", retryAfter: 7), HearthError("odd_code", "\"quoted\""),
        ] {
            let frame = try sent([try EngineWire.frame(.failure(error))])[0]
            guard case .failure(let received) = try EngineWire.result(frame) else {
                Issue.record("an error came as a vector")
                continue
            }
            #expect(received.code == error.code && received.message == error.message)
            #expect(received.hint == error.hint && received.retryAfter == error.retryAfter)
        }
    }

    @Test func tensorsArriveAsTheyWereSent() throws {
        let tensors = [
            NamedTensor(name: "f", tensor: Tensor(shape: [2, 2], values: [1, -2, 0.5, .infinity])),
            NamedTensor(name: "l", tensor: Tensor(shape: [2], elements: .int64([.min, .max]))),
            NamedTensor(name: "i", tensor: Tensor(shape: [1, 3], elements: .int32([.min, 0, .max]))),
            NamedTensor(name: "b", tensor: Tensor(shape: [3, 1], elements: .uint8([0, 128, 255]))),
            NamedTensor(name: "none", tensor: Tensor(shape: [0, 7], values: [])),
            NamedTensor(name: "one", tensor: Tensor(shape: [], values: [3])),
        ]
        let request = InferenceRequest(
            model: "m", inputs: tensors, outputs: ["a", "b"], tenant: .local, deadline: now + .seconds(1))
        let received = try EngineWire.inference(sent(EngineWire.frames(request, now: now)), now: now)
        #expect(received.inputs == tensors && received.model == "m" && received.outputs == ["a", "b"])
        #expect(received.deadline == request.deadline)
        #expect(code { try EngineWire.inference([], now: now) } == .invalidRequest)
    }

    @Test(
        arguments: [
            [-1], [2, -2], [4], [1 << 31], [1 << 61], [1 << 62], [.max], [.max, .max], [1 << 32, 1 << 32],
            [.max, 0, 3],
            [.min, .min],
        ] as [[Int]])
    func shapesThatDoNotFitAreRefused(shape: [Int]) {
        for type in ElementType.allCases {
            let header: JSONValue = [
                "name": "x", "type": .string(type.rawValue), "shape": .array(shape.map { .int(Int64($0)) }),
            ]
            let frame = EngineWire.Frame(header, payload: Data(count: 8))
            let fits = shape == [4] && type.size == 2
            #expect(fits || code { try EngineWire.tensor(frame) } == .invalidRequest, "\(shape) of \(type)")
        }
    }

    @Test func idsThatAreNotWholeAreRefused() {
        let header: JSONValue = ["kind": "tokens", "truncates": true, "tenant": "t", "timeoutMilliseconds": 5]
        for count in [1, 2, 3, 5, 7] {
            let frame = EngineWire.Frame(header, payload: Data(count: count))
            #expect(code { try EngineWire.request(frame, now: now) } == .invalidRequest)
        }
        let unknown: JSONValue = ["kind": "sound", "truncates": true, "tenant": "t", "timeoutMilliseconds": 5]
        #expect(code { try EngineWire.request(.init(unknown), now: now) } == .invalidRequest)
    }

    @Test(
        arguments: [
            [1], [1, 0, 0], [255, 255, 255, 255], [0, 0, 0, 128, 1], [2, 0, 0, 0, 0x7B, 0x7D],
            [2, 0, 0, 0, 0x7B, 0x7D, 1, 0, 0, 0], [2, 0, 0, 0, 0x7B, 0x7D, 255, 255, 255, 127, 0],
            [0, 0, 0, 0, 0, 0, 0, 0], [3, 0, 0, 0, 0x7B, 0x7D, 0x7D, 0, 0, 0, 0],
        ] as [[UInt8]])
    func lengthsThatLieAreRefused(bytes: [UInt8]) {
        #expect(code { try EngineWire.decode(Data(bytes)) } == .invalidRequest)
    }

    @Test func slicesOfDataAreReadFromTheirOwnStart() throws {
        let frames = [EngineWire.Frame(["a": 1], payload: Data([1, 2, 3]))]
        let padded = Data([9, 9, 9]) + EngineWire.encode(frames)
        #expect(try EngineWire.decode(padded.dropFirst(3)) == frames)
        #expect(try EngineWire.decode(Data()).isEmpty)
    }

    /// Whatever comes over the socket is read or refused; nothing traps.
    @Test(arguments: RepeatableRandom.seeds(60))
    func damagedCallsAreReadOrRefused(seed: UInt64) throws {
        var random = RepeatableRandom(seed: seed)
        let tensor = NamedTensor(name: "x", tensor: Tensor(shape: [2, 3], values: [1, 2, 3, 4, 5, 6]))
        let whole = EngineWire.encode(
            try [EngineWire.frame(EmbeddingRequest(input: .tokens([1, 2]), deadline: now + .seconds(1)), now: now)]
                + EngineWire.frames(
                    InferenceRequest(model: "m", inputs: [tensor], deadline: now + .seconds(1)), now: now))
        for _ in 0..<300 {
            var bytes = whole
            for _ in 0...Int.random(in: 0..<4, using: &random) { damage(&bytes, &random) }
            let refusal = code { try readAll(bytes) }
            #expect(
                refusal == nil || [.invalidRequest, .internalError].contains(refusal), "seed \(seed): \(refusal as Any)"
            )
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

    /// Reads bytes as each kind of call.
    private func readAll(_ bytes: Data) throws {
        let frames = try EngineWire.decode(bytes)
        for frame in frames {
            #expect([nil, .invalidRequest].contains(code { try EngineWire.request(frame, now: now) }))
            #expect([nil, .invalidRequest].contains(code { try EngineWire.tensor(frame) }))
            #expect([nil, .invalidRequest, .internalError].contains(code { try EngineWire.result(frame) }))
        }
        _ = try EngineWire.inference(frames, now: now)
    }
}
