import Foundation
import HearthCore
import HearthJSON
import HearthJobs
import HearthPrograms
import HearthTesting
import HearthVips
import Testing

@testable import HearthGenerators

/// Videos as ffmpeg makes them.
@Suite(.timeLimit(.minutes(5)), .enabled(if: ProgramPath.find("ffmpeg") != nil, "ffmpeg is not installed"))
struct AnimaticTests {
    private let painter: VipsPainter
    private let folder: TemporaryFolder
    private let programs: ProgramProcesses

    init() throws {
        painter = try VipsPainter()
        folder = try TemporaryFolder()
        programs = ProgramProcesses(worker: "test", root: folder.file("jobs"))
    }

    private func make(
        _ recipe: Recipe, _ references: [Data] = [],
        progress: @escaping @Sendable (GenerationProgress) -> Void = { _ in },
        _ check: (GeneratedFile) async throws -> Void
    ) async throws {
        let threads = BlockingThreads(name: "test", threads: 2)
        defer { threads.stop() }
        let generator = AnimaticGenerator(painter: painter, threads: threads, programs: programs)
        try await programs.withFolder { folder in
            try await check(
                try await generator.generate(
                    GenerationWork(
                        recipe: recipe, references: references, folder: folder, workID: "w", progress: progress)))
        }
    }

    private func probe(_ path: String) async throws -> JSONValue {
        let arguments = [
            "-v", "error", "-count_frames", "-show_entries",
            "stream=codec_name,pix_fmt,width,height,r_frame_rate,nb_read_frames,profile:format=duration,format_name",
            "-of",
            "json", path,
        ]
        let result = try await programs.run(ProgramCall("ffprobe", arguments), in: folder.path)
        return try JSONParser.parse(result.output)
    }

    @Test func aVideoIsH264InEvenFramesAndPlaysBeforeItIsWhole() async throws {
        let recipe = Boards.recipe("Mira walks. She looks up", kind: .video, width: 320, height: 320, seconds: 2)
        let picture = try Boards.picture(painter, width: 100, height: 200)
        var recipeWithPicture = recipe
        recipeWithPicture.references = Boards.recipe(references: 1).references
        try await make(recipeWithPicture, [picture]) { made in
            let probed = try await probe(made.path)
            let stream = try #require(probed["streams"]?[0])
            #expect(stream["codec_name"] == "h264" && stream["pix_fmt"] == "yuv420p")
            #expect(stream["width"] == 320 && stream["height"] == 320 && stream["r_frame_rate"] == "24/1")
            #expect(stream["nb_read_frames"] == "48")
            #expect(made.seconds == 2)
            let bytes = try Data(contentsOf: URL(fileURLWithPath: made.path))
            let (index, data) = (bytes.range(of: Data("moov".utf8)), bytes.range(of: Data("mdat".utf8)))
            #expect(try #require(index).lowerBound < #require(data).lowerBound, "the index is in front")
            #expect(bytes.range(of: Data("Lavf5".utf8)) == nil, "no version of the program")
            let still = try #require(made.still)
            #expect(try ImageProbe.inspect(try Data(contentsOf: URL(fileURLWithPath: still))).width == 320)
            #expect(made.reference.mechanism == "layout_share")
        }
    }

    @Test func theSameRecipeMakesTheSameBytes() async throws {
        let recipe = Boards.recipe("Mira walks. She looks up", kind: .video, width: 320, height: 320, seconds: 1.5)
        var hashes: Set<String> = []
        for _ in 0..<2 {
            try await make(recipe) { made in
                hashes.insert(Digest256(of: try Data(contentsOf: URL(fileURLWithPath: made.path))).hex)
            }
        }
        #expect(hashes.count == 1)
    }

    @Test func theStillIsTheBestFrameOfTheVideo() async throws {
        let recipe = Boards.recipe("Mira walks. She looks up", kind: .video, width: 320, height: 320, seconds: 3)
        let best = try AnimaticBoard(recipe, references: [], painter: painter).bestFrame
        try await make(recipe) { made in
            let arguments = [
                "-hide_banner", "-i", made.path, "-i", try #require(made.still), "-filter_complex",
                "[0:v]select=eq(n\\,\(best)),setpts=0,format=rgb24[a];[1:v]setpts=0,format=rgb24[b];[a][b]psnr",
                "-f", "null", "-",
            ]
            let result = try await programs.run(ProgramCall("ffmpeg", arguments), in: folder.path)
            let value = try #require(result.messages.split(separator: "average:").last?.split(separator: " ").first)
            #expect(try #require(Double(value)) > 30, "\(result.messages.suffix(400))")
        }
    }

    @Test func progressRisesToTheEndOfTheVideo() async throws {
        let reports = Locked<[Double]>([])
        try await make(
            Boards.recipe(kind: .video, width: 320, height: 320, seconds: 2),
            progress: { progress in reports.withLock { $0.append(progress.overall) } }
        ) { _ in }
        let overall = reports.withLock { $0 }
        #expect(zip(overall, overall.dropFirst()).allSatisfy { $0 <= $1 })
        #expect((overall.last ?? 0) > 0.9)
    }

    @Test func aCancelledVideoLeavesNoProgramAndNoFile() async throws {
        let recipe = Boards.recipe(kind: .video, width: 640, height: 360, seconds: 60)
        let isEncoding = TestGate()
        let task = Task {
            try await make(recipe, progress: { if $0.stage == .encoding { isEncoding.open() } }) { _ in }
        }
        try await isEncoding.pass()
        task.cancel()
        await #expect(throws: (any Error).self) { try await task.value }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("jobs")).isEmpty)
    }
}
