import Foundation
package import HearthCore
import HearthJSON
package import HearthJobs

/// Makes videos without a model: a place and the characters in it, seen by a camera that moves, with captions.
package struct AnimaticGenerator: Generator {
    /// Known to every process; painter and programs are not.
    package static let description = GeneratorDescription(
        id: "animatic",
        summary: "A moving storyboard: pans, zooms and cuts over drawn shots, with captions. Needs ffmpeg, no model.",
        kinds: [.video], needs: [.program("ffmpeg")], sides: 320...1_920, sideStep: 8, seconds: 1...60,
        isReproducible: true, timeout: .seconds(600))

    private let painter: any PicturePainter
    private let threads: BlockingThreads
    private let programs: any ProgramRunner

    /// - Parameter threads: Where painting blocks.
    package init(painter: any PicturePainter, threads: BlockingThreads, programs: any ProgramRunner) {
        self.painter = painter
        self.threads = threads
        self.programs = programs
    }

    package var description: GeneratorDescription { Self.description }

    /// Part of the whole that painting takes.
    private static let paintShare = 0.3

    /// Paints the shots and lets ffmpeg move them.
    /// - Throws: ``HearthError``, or `CancellationError`.
    package func generate(_ work: GenerationWork) async throws -> GeneratedFile {
        let board = AnimaticBoard(work.recipe, references: work.references, painter: painter)
        let (shots, share) = try await paint(board, work)
        let filter = AnimaticFilter(
            shots: shots, size: board.size, pictureHeight: board.pictureHeight, bestFrame: board.bestFrame)
        let frames = board.plan.frames
        let perSecond = work.recipe.framesPerSecond ?? 24
        let progress = work.progress
        try await run(
            Self.arguments(filter, inputs: shots.count, framesPerSecond: perSecond), in: work.folder
        ) { line in
            guard line.hasPrefix("frame="), let frame = Int(line.dropFirst(6)) else { return }
            let done = min(Double(frame) / Double(max(frames, 1)), 1)
            progress(
                GenerationProgress(
                    stage: .encoding, overall: Self.paintShare + (0.96 - Self.paintShare) * done, current: done,
                    step: frame,
                    steps: frames))
        }
        let applied = AppliedReference(
            requestedWeight: work.recipe.referenceWeight, mechanism: work.references.isEmpty ? "none" : "layout_share",
            effective: work.references.isEmpty ? nil : (share * 1_000).rounded() / 1_000)
        return GeneratedFile(
            path: "\(work.folder)/animatic.mp4", format: "mp4", width: work.recipe.width, height: work.recipe.height,
            seconds: Double(frames) / Double(perSecond), reference: applied, details: ["beats": Self.json(board.plan)],
            still: "\(work.folder)/still.png")
    }

    /// Stills that are painted at once: as many threads as ffmpeg gets afterwards.
    private static let painters = 2

    /// Paints the stills into the folder.
    /// - Returns: the shots, and the part of the frame that the pictures take on average.
    private func paint(_ board: AnimaticBoard, _ work: GenerationWork) async throws -> ([AnimaticFilter.Shot], Double) {
        let count = board.plan.beats.count
        let scene = try await threads.run { try board.scene() }
        var painted: [(filter: AnimaticFilter.Shot, share: Double)] = []
        while painted.count < count {
            try Task.checkCancellation()
            let some = Array(painted.count..<min(painted.count + Self.painters, count))
            let shots = try await concurrentMap(some) { index in
                try await threads.run { try paintShot(index, of: board, before: scene, work) }
            }
            painted += shots.map { ($0.filter, $0.share) }
            let done = Double(painted.count) / Double(count)
            work.progress(
                GenerationProgress(
                    stage: .composing, overall: Self.paintShare * done, current: done, step: painted.count,
                    steps: count, preview: shots.last?.preview))
        }
        return (painted.map(\.filter), painted.reduce(0) { $0 + $1.share } / Double(max(count, 1)))
    }

    private func paintShot(
        _ index: Int, of board: AnimaticBoard, before scene: Data, _ work: GenerationWork
    ) throws -> (filter: AnimaticFilter.Shot, share: Double, preview: Data?) {
        let shot = try board.shot(at: index, before: scene)
        try shot.still.write(to: URL(fileURLWithPath: "\(work.folder)/\(Self.still(index))"))
        try shot.strip.write(to: URL(fileURLWithPath: "\(work.folder)/\(Self.strip(index))"))
        let preview =
            work.wantsPreviews ? try painter.thumbnail(of: shot.still, side: Limits.previewSide) : nil
        return (shot.filter, shot.share, preview)
    }

    static func still(_ index: Int) -> String { "shot\(index).png" }
    static func strip(_ index: Int) -> String { "strip\(index).png" }

    private func run(_ arguments: [String], in folder: String, onLine: @escaping @Sendable (String) -> Void)
        async throws
    {
        let call = ProgramCall("ffmpeg", arguments, timeout: Self.description.timeout, onMessage: onLine)
        let result = try await programs.run(call, in: folder)
        guard result.status == 0 else {
            let last = result.messages.split(separator: "\n").last { !$0.contains("=") }.map(String.init)
            throw JobFailure(
                kind: .transient, code: "program_failed",
                message: "ffmpeg ended with status \(result.status): \(last ?? "no message").")
        }
    }

    /// The same input makes the same bytes: no times, no versions, a fixed number of threads.
    static func arguments(_ filter: AnimaticFilter, inputs: Int, framesPerSecond: Int) -> [String] {
        let files = (0..<inputs).flatMap { index in
            ["-framerate", "\(framesPerSecond)", "-i", still(index), "-i", strip(index)]
        }
        return ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "error", "-progress", "pipe:2", "-y"] + files
            + [
                "-filter_complex_threads", "2", "-filter_complex", filter.text, "-map", "[out]", "-an", "-r",
                "\(framesPerSecond)", "-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-pix_fmt", "yuv420p",
                "-threads", "2", "-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-movflags",
                "+faststart", "-f", "mp4", "animatic.mp4", "-map", "[still]", "-frames:v", "1", "still.png",
            ]
    }

    private static func json(_ plan: BeatPlan) -> JSONValue {
        .array(
            plan.beats.map { beat in
                [
                    "text": .string(beat.text), "frames": .int(Int64(beat.frames)),
                    "framing": .string(beat.framing.rawValue), "move": .string(beat.move.rawValue),
                ]
            })
    }
}
