import Foundation
import HearthCore
import HearthInference
import HearthModelLibrary
import HearthTesting
import Testing

@testable import HearthModelRuntime

/// Pictures that take long to decode keep nobody else waiting, and no longer than somebody wants them.
@Suite(.timeLimit(.minutes(1))) struct LargePictureTests {
    /// Holds GIF files back; others are decoded at once.
    private struct HeldCodec: ImageCodec {
        let gate: Gate
        let answers = Locked<[Bool]>([])

        func decode(_ bytes: Data, for preprocessing: ImagePreprocessing) throws -> Tensor {
            try decode(bytes, for: preprocessing) { true }
        }

        func decode(
            _ bytes: Data, for preprocessing: ImagePreprocessing, while isWanted: () -> Bool
        ) throws -> Tensor {
            guard bytes.starts(with: "GIF".utf8) else { return try FakeCodec().decode(bytes, for: preprocessing) }
            gate.pass()
            answers.withLock { $0.append(isWanted()) }
            return try FakeCodec().decode(Data([7]), for: preprocessing)
        }

        func pixels(of bytes: Data, keeping side: Int, limit: Int, while isWanted: () -> Bool) throws -> PixelPicture {
            gate.pass()
            return try FakeCodec().pixels(of: bytes, keeping: side, limit: limit, while: isWanted)
        }
    }

    /// A GIF of so many pixels a side, by its structure.
    private static func gif(_ side: Int) -> Data {
        let size: [UInt8] = [UInt8(side & 0xFF), UInt8(side >> 8), UInt8(side & 0xFF), UInt8(side >> 8)]
        let frame: [UInt8] = [0, 0, 0, 0x2C, 0, 0, 0, 0]
        let data: [UInt8] = [0, 2, 2, 0x44, 0x01, 0, 0x3B]
        return Data("GIF89a".utf8) + Data(size) + Data(frame) + Data(size) + Data(data)
    }

    private static let large = gif(5_800)

    private func run(
        _ codec: HeldCodec, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        _ body: (ModelHost) async throws -> Void
    ) async throws {
        var configuration = ModelHostConfiguration()
        configuration.decodeThreads = 1
        configuration.now = now
        let host = ModelHost(
            library: ModelLibrary(entries: [.usable(.fake("scatter"))]), runtime: FakeRuntime(), codec: codec,
            configuration: configuration, logger: .silent)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await host.run() }
            defer {
                codec.gate.open()
                group.cancelAll()
            }
            await wait(host, for: "scatter", to: .ready)
            try await body(host)
        }
    }

    private func request(_ bytes: Data) -> InferenceRequest {
        InferenceRequest(input: .image(bytes), deadline: .now + .seconds(600))
    }

    @Test func othersAreDecodedMeanwhile() async throws {
        let codec = HeldCodec(gate: Gate())
        try await run(codec) { host in
            try await withThrowingTaskGroup(of: Void.self) { calls in
                for _ in 0..<3 { calls.addTask { _ = try await host.embed(request(Self.large)) } }
                await codec.gate.arrival(1)
                for value in 1...5 { _ = try await host.embed(picture(UInt8(value))) }
                codec.gate.open()
                try await calls.waitForAll()
            }
        }
        #expect(codec.answers.withLock { $0 } == [true, true, true])
    }

    @Test func moreThanSoManyAreRefused() async throws {
        let codec = HeldCodec(gate: Gate())
        try await run(codec) { host in
            let refused = Locked(0)
            try await withThrowingTaskGroup(of: Void.self) { calls in
                calls.addTask { _ = try await host.embed(request(Self.large)) }
                await codec.gate.arrival(1)
                for _ in 0..<Limits.largePictures + 2 {
                    calls.addTask {
                        let refusal = await code { try await host.embed(request(Self.large)) }
                        #expect([nil, .overloaded].contains(refusal))
                        if refusal != nil { refused.withLock { $0 += 1 } }
                    }
                }
                try await eventually("two found no place") { refused.withLock { $0 } == 2 }
                codec.gate.open()
                try await calls.waitForAll()
            }
            #expect(refused.withLock { $0 } == 2)
        }
    }

    @Test func aDecoderIsToldThatItsCallerHasLeft() async throws {
        let codec = HeldCodec(gate: Gate())
        try await run(codec) { host in
            for bytes in [Self.large, Self.gif(8)] {
                let call = Task { try await host.embed(request(bytes)) }
                await codec.gate.arrival(codec.answers.withLock { $0.count } + 1)
                call.cancel()
                _ = await call.result
                codec.gate.open()
                try await eventually("the decoder has asked") { codec.answers.withLock { $0.last } == false }
                codec.answers.withLock { $0[$0.count - 1] = true }
                codec.gate.close()
            }
        }
    }

    @Test func aDecoderIsToldThatTheTimeIsOver() async throws {
        let codec = HeldCodec(gate: Gate())
        let isLate = Locked(false)
        let start = ContinuousClock.now
        try await run(codec, now: { isLate.withLock { $0 } ? start + .seconds(10_000) : start }) { host in
            let call = Task { try await host.embed(request(Self.gif(8))) }
            await codec.gate.arrival(1)
            isLate.withLock { $0 = true }
            codec.gate.open()
            #expect(await code { try await call.value } == .deadlineExceeded)
        }
        #expect(codec.answers.withLock { $0 } == [false])
    }
}
