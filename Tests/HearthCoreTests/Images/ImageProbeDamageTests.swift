import Foundation
import HearthTesting
import Testing

@testable import HearthCore

@Suite struct ImageProbeDamageTests {
    private static let codes: Set<HearthError.Code> = [.invalidImage, .imageTooLarge, .unsupportedMediaType]

    /// The header, or nil for a refusal in one of the three codes; within the limits in any case.
    private func inspect(_ bytes: Data, _ place: @autoclosure () -> String) -> ImageHeader? {
        do {
            let header = try ImageProbe.inspect(bytes)
            #expect((1...Limits.imageSide).contains(header.width), "\(place())")
            #expect((1...Limits.imageSide).contains(header.height), "\(place())")
            #expect(header.width * header.height <= Limits.imagePixels, "\(place())")
            return header
        } catch {
            #expect(Self.codes.contains(error.code), "\(place())")
            return nil
        }
    }

    /// Some hundred cuts: refused up to some length, accepted from there on; that length is where the end marker ends.
    private func checkCuts(_ bytes: Data, _ name: String, end: (Data) -> Bool) {
        var random = RepeatableRandom(seed: 51)
        var shortest = 0
        var longest = bytes.count
        while shortest < longest {
            let middle = (shortest + longest) / 2
            if inspect(bytes.prefix(middle), name) == nil { shortest = middle + 1 } else { longest = middle }
        }
        #expect(end(bytes.prefix(shortest)), "\(name) is accepted at \(shortest)")
        for _ in 0..<200 {
            let cut = Int.random(in: 0..<bytes.count, using: &random)
            let isAccepted = inspect(bytes.prefix(cut), name) != nil
            #expect(isAccepted == (cut >= shortest), "\(name) cut at \(cut), seed \(random.seed)")
        }
    }

    @Test(arguments: SampleImages.all)
    func refusesEveryTruncation(sample: SampleImages.Sample) {
        for cut in 0..<sample.bytes.count {
            let header = inspect(sample.bytes.prefix(cut), "\(sample.name) cut at \(cut)")
            // The padding byte behind the last chunk of a WebP, and the link to no next TIFF directory, may be missing.
            let tolerated = sample.header.format == .webp ? 1 : sample.header.format == .tiff ? 4 : 0
            #expect(header == nil || cut >= sample.bytes.count - tolerated, "\(sample.name) cut at \(cut)")
        }
    }

    /// The sums of PNG chunks are made right again: behind them are the numbers that count.
    @Test(arguments: SampleImages.all)
    func anyNumberOfAPictureMayBeAnyOther(sample: SampleImages.Sample) {
        sample.bytes.prefix(900).withExtremeNumbers { copy, place in
            let whole = copy + sample.bytes.dropFirst(900)
            _ = inspect(whole, "\(sample.name), \(place)")
            if sample.header.format == .png { _ = inspect(PNGMaker.resealed(whole), "\(sample.name), \(place)") }
        }
    }

    @Test(arguments: SampleImages.all)
    func survivesDamage(sample: SampleImages.Sample) {
        var random = RepeatableRandom(seed: 52)
        for round in 0..<3_000 {
            _ = inspect(random.damaged(sample.bytes), "\(sample.name), seed \(random.seed), round \(round)")
        }
    }

    @Test(arguments: SampleImages.all)
    func survivesOneSampleContinuedAsAnother(sample: SampleImages.Sample) {
        var random = RepeatableRandom(seed: 53)
        for other in SampleImages.all {
            for round in 0..<50 {
                let start = sample.bytes.prefix(Int.random(in: 0...sample.bytes.count, using: &random))
                let end = other.bytes.suffix(Int.random(in: 0...other.bytes.count, using: &random))
                _ = inspect(start + end, "\(sample.name) and \(other.name), seed \(random.seed), round \(round)")
            }
        }
    }

    @Test func survivesRandomBytesBehindEachSignature() {
        var random = RepeatableRandom(seed: 54)
        let signatures = SampleImages.all.map { $0.bytes.prefix(16) }
        for round in 0..<5_000 {
            let noise = (0..<Int.random(in: 0..<200, using: &random)).map { _ in
                UInt8.random(in: .min ... .max, using: &random)
            }
            let start = signatures[round % signatures.count].prefix(Int.random(in: 0...16, using: &random))
            _ = inspect(start + noise, "seed \(random.seed), round \(round)")
        }
    }

    @Test(.enabled(if: SharedImages.areThere, SharedImages.absence))
    func treatsEachSharedFileAsExpected() throws {
        for expectation in try SharedImages.expectations() {
            let result = Result { try ImageProbe.inspect(expectation.bytes()) }
            let code = (try? result.get()) == nil ? (result.failure as? HearthError)?.code : nil
            switch expectation.expect {
            case _ where expectation.file == "ok.bmp", _ where expectation.kind == "hostile":
                #expect(code == .unsupportedMediaType, "\(expectation.file)")
            case let text where text.hasPrefix("decode") || text.hasPrefix("first frame"):
                #expect(throws: Never.self, "\(expectation.file)") { try result.get() }
            case let text where text.contains("damaged picture"):
                // Random bytes in a scan: only a decoder can tell.
                #expect(code == nil || code == .invalidImage, "\(expectation.file)")
            case _ where expectation.kind == "bomb": #expect(code == .imageTooLarge, "\(expectation.file)")
            default:
                #expect(code == .invalidImage || code == .unsupportedMediaType, "\(expectation.file)")
            }
        }
    }

    @Test(.enabled(if: SharedImages.areThere, SharedImages.absence))
    func readsTheOrientationOfSharedFiles() throws {
        let folder = SharedImages.folder
        for orientation in 1...8 {
            let bytes = try Data(contentsOf: folder.appending(path: "exif_orientation_\(orientation).jpg"))
            let header = try ImageProbe.inspect(bytes)
            #expect(header.orientation == orientation)
        }
    }

    @Test(.enabled(if: SharedImages.areThere, SharedImages.absence))
    func refusesTruncationsAndSurvivesDamageOfSharedFiles() throws {
        var random = RepeatableRandom(seed: 55)
        for expectation in try SharedImages.expectations() {
            let bytes = try expectation.bytes()
            if let header = inspect(bytes, expectation.file) {
                checkCuts(bytes, expectation.file) { start in
                    switch header.format {
                    case .jpeg: start.suffix(2) == Data([0xFF, 0xD9])
                    case .png: start.suffix(8).prefix(4) == Data("IEND".utf8)
                    case .gif: start.last == 0x3B
                    case .webp, .tiff: start.count + 4 >= bytes.count
                    }
                }
            }
            for round in 0..<100 {
                _ = inspect(random.damaged(bytes), "\(expectation.file), seed \(random.seed), round \(round)")
            }
        }
    }
}

extension Result {
    /// The error of a failure.
    fileprivate var failure: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}
