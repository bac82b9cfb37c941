import Foundation
import HearthCore
import HearthInference
import HearthModelLibrary
import HearthModelRuntime
import HearthOpenVINO
import HearthTesting
import HearthVips
import Logging
import Testing

/// Real models and real pictures, against boxes, points and vectors that a reference implementation made.
@Suite(.serialized, .timeLimit(.minutes(10))) struct FaceGoldenTests {
    private static let faces = "data/faces"
    private static let counted = "data/faces-detect"
    private static let models = "models/face-reidentification-retail-0095"
    private static let hasFaces = SharedData.has(faces) && SharedData.has(models)
    private static let missingFaces = Comment(rawValue: SharedData.reason("\(faces) or \(models)"))
    private static let hasCounted = SharedData.has(counted) && SharedData.has(models)
    private static let missingCounted = Comment(rawValue: SharedData.reason("\(counted) or \(models)"))

    /// The face models of the shared folder behind a host, for as long as the body lasts.
    /// - Parameter quantised: Whether the embedder is the one of 8 bits.
    private func withFaces(
        detector: String = "yunet-2023mar", quantised: Bool = false, _ body: (FaceService) async throws -> Void
    ) async throws {
        let temporary = try TemporaryFolder()
        defer { withExtendedLifetime(temporary) {} }
        let embedder = quantised ? "quantised" : "face-reidentification-retail-0095"
        var roots = [SharedData.url("models").path]
        if quantised {
            // A folder with nothing but the quantised graph.
            let folder = "\(temporary.path)/quantised"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder)/FP16-INT8", withDestinationPath: SharedData.url("\(Self.models)/FP16-INT8").path)
            roots.append(temporary.path)
        }
        let library = ModelLibrary(
            scanning: .init(
                roots: roots, descriptors: [TestFolders.models.appendingPathComponent("descriptors").path]))
        let ids: Set = [detector, "landmarks-regression-retail-0009", embedder]
        let host = ModelHost(
            library: ModelLibrary(entries: library.entries.filter { ids.contains($0.id) }),
            runtime: try OpenVINORuntime(), codec: try VipsCodec(), configuration: ModelHostConfiguration(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await host.run() }
            defer { group.cancelAll() }
            try await body(FaceService(EmbeddingService(engine: host, coldWait: .seconds(120))))
        }
    }

    private func found(
        _ file: URL, by service: FaceService, _ change: (inout FaceOptions) -> Void = { _ in }
    ) async throws -> FoundFaces {
        var options = FaceOptions(tenant: .local, deadline: .now + .seconds(120))
        change(&options)
        return try await service.faces(in: Picture(try Self.bytes(of: file)), options)
    }

    private static func bytes(of file: URL) throws -> Data {
        let bytes = try Data(contentsOf: file)
        return file.pathExtension == "bmp" ? try tiff(ofBMP: bytes).bytes : bytes
    }

    /// BMP is no format that is accepted; the pixels of one are, in another file.
    private static func tiff(ofBMP bytes: Data) throws -> TIFFPicture {
        func number(_ place: Int, _ count: Int) -> Int {
            (0..<count).reduce(0) { $0 | Int(bytes[bytes.startIndex + place + $1]) << (8 * $1) }
        }
        let (start, width, height) = (number(10, 4), number(18, 4), number(22, 4))
        try #require(number(28, 2) == 24 && number(30, 4) == 0, "24 bits, not compressed")
        let line = (width * 3 + 3) / 4 * 4
        var samples: [UInt16] = []
        samples.reserveCapacity(width * height * 3)
        for row in (0..<height).reversed() {
            for column in 0..<width {
                let place = start + row * line + 3 * column
                for band in [2, 1, 0] { samples.append(UInt16(number(place + band, 1))) }
            }
        }
        return TIFFPicture(width: width, height: height, samples: samples)
    }

    private struct Golden: Decodable {
        let file: String
        let width: Int
        let height: Int
        let faces: Int
        let box: [Float]
        let score: Float
        let landmarks: [[Float]]
        let embedding: [Float]

        private enum CodingKeys: String, CodingKey {
            case file, width, height, score, landmarks, embedding
            case faces = "yunet_faces_at_0_6"
            case box = "box_xyxy"
        }
    }

    private struct Pair: Hashable {
        let one: String
        let other: String
    }

    private func goldens() throws -> [Golden] {
        try JSONDecoder().decode(
            [Golden].self, from: Data(contentsOf: SharedData.url("\(Self.faces)/goldens.json")))
    }

    /// Whether two files show the same person.
    private func pairs() throws -> [Pair: Bool] {
        let text = try String(contentsOf: SharedData.url("\(Self.faces)/pairs.csv"), encoding: .utf8)
        let lines = text.split(whereSeparator: \.isNewline).dropFirst().map { $0.split(separator: ",") }
        return Dictionary(
            uniqueKeysWithValues: lines.map { (Pair(one: String($0[0]), other: String($0[1])), $0[2] == "1") })
    }

    /// The templates of the largest faces, by file.
    private func templates(by service: FaceService) async throws -> [String: [Float]] {
        var templates: [String: [Float]] = [:]
        for golden in try goldens() {
            let found = try await found(SharedData.url("\(Self.faces)/\(golden.file)"), by: service)
            templates[golden.file] = try #require(found.faces.first?.template?.values, "\(golden.file)")
        }
        return templates
    }

    /// How far apart the two kinds of pairs are: the lowest cosine of one person, the highest of two.
    private func gap(_ templates: [String: [Float]]) throws -> (same: Double, different: Double, count: Int) {
        let pairs = try pairs()
        let same = pairs.filter(\.value).map { cosine(templates[$0.key.one] ?? [], templates[$0.key.other] ?? []) }
        let different = pairs.filter { !$0.value }.map {
            cosine(templates[$0.key.one] ?? [], templates[$0.key.other] ?? [])
        }
        return (try #require(same.min()), try #require(different.max()), pairs.count)
    }

    @Test(.enabled(if: hasFaces, missingFaces)) func facesArePlacedAndReadAsByTheReference() async throws {
        try await withFaces { service in
            for golden in try goldens() {
                let found = try await found(SharedData.url("\(Self.faces)/\(golden.file)"), by: service)
                #expect(found.width == golden.width && found.height == golden.height)
                #expect(found.faces.count == golden.faces, "\(golden.file)")
                let face = try #require(found.faces.first)
                let (width, height) = (Float(found.width), Float(found.height))
                let box = [
                    face.region.x * width, face.region.y * height, (face.region.x + face.region.width) * width,
                    (face.region.y + face.region.height) * height,
                ]
                for (value, expected) in zip(box, golden.box) {
                    #expect(abs(value - expected) <= 1, "\(golden.file): \(box) \(golden.box)")
                }
                for (point, expected) in zip(face.region.points, golden.landmarks) {
                    #expect(abs(point.x * width - expected[0]) <= 3 && abs(point.y * height - expected[1]) <= 3)
                }
                #expect(abs(face.region.score - golden.score) < 0.01, "\(golden.file)")
                let template = try #require(face.template?.values)
                let similarity = cosine(template, golden.embedding)
                #expect(similarity >= 0.99, "\(golden.file): \(similarity)")
                #expect(face.traits.quality > 0.3, "\(golden.file): \(face.traits)")
            }
        }
    }

    @Test(
        .enabled(if: hasFaces, missingFaces),
        arguments: [("yunet-2023mar", false), ("yunet-2023mar", true), ("face-detection-retail-0004", false)])
    func peopleAreToldApartAtTheModelsOwnThreshold(detector: String, quantised: Bool) async throws {
        try await withFaces(detector: detector, quantised: quantised) { service in
            let models = try await service.models(until: .now + .seconds(120))
            let gap = try gap(try await templates(by: service))
            #expect(gap.count == 171)
            #expect(gap.same >= models.thresholds.cosine, "\(gap)")
            #expect(gap.different < models.thresholds.cosine, "\(gap)")
        }
    }

    private struct Counted: Decodable {
        let file: String
        let faces: Int
    }

    @Test(
        .enabled(if: hasCounted, missingCounted),
        arguments: ["yunet-2023mar", "face-detection-retail-0004", "ultraface-rfb-320"])
    func facesAreCounted(detector: String) async throws {
        let expected = try JSONDecoder().decode(
            [Counted].self, from: Data(contentsOf: SharedData.url("\(Self.counted)/expected.json")))
        try await withFaces(detector: detector) { service in
            for picture in expected {
                let found = try await found(SharedData.url("\(Self.counted)/\(picture.file)"), by: service)
                #expect(found.faces.count == picture.faces, "\(picture.file) by \(detector)")
            }
        }
    }

    private static let strangers = ["data/cartoon", "data/products"]
    private static let hasStrangers = strangers.allSatisfy(SharedData.has) && SharedData.has(models)
    private static let missingStrangers = Comment(
        rawValue: SharedData.reason("\(strangers.joined(separator: ", ")) or \(models)"))

    @Test(
        .enabled(if: hasStrangers, missingStrangers),
        arguments: ["yunet-2023mar", "face-detection-retail-0004", "ultraface-rfb-320"])
    func nothingButFacesIsEnrolled(detector: String) async throws {
        try await withFaces(detector: detector) { service in
            let score = try await service.models(until: .now + .seconds(120)).thresholds.detectorScore
            var count = 0
            var best: Float = 0
            for folder in Self.strangers {
                for file in try Self.pictures(in: SharedData.url(folder)) {
                    let found = try await found(file, by: service) {
                        $0.embeds = false
                        $0.minimumScore = 0.3
                    }
                    count += 1
                    best = max(best, found.faces.map(\.region.score).max() ?? 0)
                    let accepted = found.faces.filter { $0.region.score >= Float(score) }
                    #expect(accepted.isEmpty, "\(file.lastPathComponent): \(accepted.map(\.region.score))")
                }
            }
            #expect(count > 100, "\(count) pictures, the highest score \(best)")
        }
    }

    private static func pictures(in folder: URL) throws -> [URL] {
        let names = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        return (names?.compactMap { $0 as? URL } ?? []).filter {
            ["jpg", "jpeg", "png", "webp"].contains($0.pathExtension.lowercased())
        }.sorted { $0.path < $1.path }
    }

    @Test(.enabled(if: hasFaces, missingFaces)) func otherSearchesFindTheSameFace() async throws {
        let file = SharedData.url("\(Self.faces)/obama/obama.jpg")
        try await withFaces { service in
            let plain = try #require(try await found(file, by: service).faces.first)
            let template = try #require(plain.template?.values)
            let searches = [
                FaceSearch(longSide: 320), FaceSearch(longSide: 960), FaceSearch(padding: 0.5), FaceSearch(tiles: 2),
                FaceSearch(longSide: 320, padding: 0.25),
            ]
            for search in searches {
                let found = try await found(file, by: service) { $0.search = search }
                #expect(found.faces.count == 1, "\(search)")
                let similarity = cosine(found.faces.first?.template?.values ?? [], template)
                #expect(similarity > 0.96, "\(search): \(similarity)")
            }
        }
    }

    @Test(.enabled(if: hasFaces, missingFaces), arguments: 1...8)
    func aPictureThatLiesIsReadUpright(orientation: Int) async throws {
        let file = SharedData.url("\(Self.faces)/obama/obama2.jpg")
        try await withFaces { service in
            let plain = try await found(file, by: service)
            let pixels = try VipsCodec().pixels(
                of: Data(contentsOf: file), keeping: 10_000, limit: 100_000_000
            ) { true }
            let lying = Self.lying(pixels, orientation)
            let options = FaceOptions(tenant: .local, deadline: .now + .seconds(120))
            let turned = try await service.faces(in: Picture(lying.bytes), options)
            #expect(turned.width == plain.width && turned.height == plain.height)
            let (one, other) = (try #require(plain.faces.first), try #require(turned.faces.first))
            #expect(abs(one.region.x - other.region.x) < 0.005 && abs(one.region.y - other.region.y) < 0.005)
            #expect(cosine(one.template?.values ?? [], other.template?.values ?? []) > 0.99)
        }
    }

    /// A file whose pixels come out as these when it is turned as it says.
    private static func lying(_ upright: PixelPicture, _ orientation: Int) -> TIFFPicture {
        let isTurned = orientation >= 5
        let (width, height) = isTurned ? (upright.height, upright.width) : (upright.width, upright.height)
        var samples = [UInt16](repeating: 0, count: width * height * 3)
        for y in 0..<upright.height {
            for x in 0..<upright.width {
                let (right, bottom) = (upright.width - 1 - x, upright.height - 1 - y)
                let places = [
                    (x, y), (right, y), (right, bottom), (x, bottom), (y, x), (y, right), (bottom, right), (bottom, x),
                ]
                let (column, row) = places[orientation - 1]
                for band in 0..<3 {
                    let place = upright.origin + x * upright.across + y * upright.down + band
                    samples[(row * width + column) * 3 + band] = UInt16(upright.bytes[place])
                }
            }
        }
        return TIFFPicture(width: width, height: height, samples: samples, orientation: orientation)
    }

    @Test(.enabled(if: hasFaces, missingFaces)) func aGreyPictureShowsTheSamePerson() async throws {
        let file = SharedData.url("\(Self.faces)/obama/obama.jpg")
        try await withFaces { service in
            let plain = try #require(try await found(file, by: service).faces.first?.template?.values)
            let pixels = try VipsCodec().pixels(of: Data(contentsOf: file), keeping: 10_000, limit: 100_000_000) {
                true
            }
            let grey = (0..<(pixels.width * pixels.height)).map { place in
                let (red, green, blue) = (
                    Int(pixels.bytes[3 * place]), Int(pixels.bytes[3 * place + 1]), Int(pixels.bytes[3 * place + 2])
                )
                return UInt16((299 * red + 587 * green + 114 * blue) / 1_000)
            }
            let picture = TIFFPicture(width: pixels.width, height: pixels.height, samples: grey, colour: .gray)
            let options = FaceOptions(tenant: .local, deadline: .now + .seconds(120))
            let found = try await service.faces(in: Picture(picture.bytes), options)
            #expect(found.faces.count == 1)
            #expect(cosine(found.faces.first?.template?.values ?? [], plain) > 0.8)
        }
    }
}
