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
        let painter = painter
        let board = try await threads.run {
            try AnimaticBoard(work.recipe, references: work.references, painter: painter)
        }
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

    /// A shot whose still lies in the folder.
    private struct PaintedShot {
        let index: Int
        let filter: AnimaticFilter.Shot
        let share: Double
        let preview: Data?
    }

    /// Paints stills and strips into the folder.
    /// - Returns: the shots, and the part of the frame that the pictures take on average.
    private func paint(_ board: AnimaticBoard, _ work: GenerationWork) async throws -> ([AnimaticFilter.Shot], Double) {
        // The place is one thread's work, and the strips do not need it.
        async let strips: Void = threads.run {
            for index in board.plan.beats.indices {
                try board.strip(at: index).write(to: URL(fileURLWithPath: "\(work.folder)/\(Self.strip(index))"))
            }
        }
        let scene = try await threads.run { try board.scene() }
        let painted = try await paintShots(of: board, before: scene, work)
        try await strips
        let share = painted.reduce(0) { $0 + $1.share } / Double(max(painted.count, 1))
        return (painted.sorted { $0.index < $1.index }.map(\.filter), share)
    }

    /// - Returns: the shots in the order in which they were finished.
    private func paintShots(
        of board: AnimaticBoard, before scene: Data, _ work: GenerationWork
    ) async throws -> [PaintedShot] {
        let count = board.plan.beats.count
        return try await withThrowingTaskGroup(of: PaintedShot.self) { group in
            for index in 0..<min(Self.painters, count) {
                group.addTask { try await paintShot(index, of: board, before: scene, work) }
            }
            var painted: [PaintedShot] = []
            while let shot = try await group.next() {
                painted.append(shot)
                let next = painted.count + Self.painters - 1
                if next < count { group.addTask { try await paintShot(next, of: board, before: scene, work) } }
                let done = Double(painted.count) / Double(count)
                work.progress(
                    GenerationProgress(
                        stage: .composing, overall: Self.paintShare * done, current: done, step: painted.count,
                        steps: count, preview: shot.preview))
            }
            return painted
        }
    }

    private func paintShot(
        _ index: Int, of board: AnimaticBoard, before scene: Data, _ work: GenerationWork
    ) async throws -> PaintedShot {
        try Task.checkCancellation()
        let painter = painter
        return try await threads.run {
            let shot = try board.shot(at: index, before: scene)
            try shot.still.write(to: URL(fileURLWithPath: "\(work.folder)/\(Self.still(index))"))
            let preview =
                work.wantsPreviews ? try painter.thumbnail(of: shot.still, side: Limits.previewSide) : nil
            return PaintedShot(index: index, filter: shot.filter, share: shot.share, preview: preview)
        }
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
