import Foundation
package import HearthCore
import HearthJSON

/// Makes production pictures without a model: registered pictures in front of a drawn place, with a slate.
package struct StoryboardGenerator: Generator {
    /// Known to every process; the painter is not.
    package static let description = GeneratorDescription(
        id: "storyboard",
        summary: "A production board: the character's pictures in a drawn place, with a slate. Needs no model.",
        kinds: [.image], needs: [], sides: 320...2_160, sideStep: 8, isReproducible: true, timeout: .seconds(120))

    private let painter: any PicturePainter
    private let threads: BlockingThreads

    /// - Parameter threads: Where painting blocks.
    package init(painter: any PicturePainter, threads: BlockingThreads) {
        self.painter = painter
        self.threads = threads
    }

    package var description: GeneratorDescription { Self.description }

    /// Paints one board.
    /// - Throws: ``HearthError``, or `CancellationError`.
    package func generate(_ work: GenerationWork) async throws -> GeneratedFile {
        let (painter, recipe, references) = (painter, work.recipe, work.references)
        work.progress(GenerationProgress(stage: .composing, overall: 0.1, current: 0, step: 1, steps: 3))
        let board = try await threads.run { try Storyboard(recipe, references: references, painter: painter) }
        try Task.checkCancellation()
        if work.wantsPreviews {
            let preview = try await threads.run {
                try painter.thumbnail(
                    of: painter.paint(Painting(size: board.layout.size, layers: board.scene())),
                    side: Limits.previewSide)
            }
            work.progress(
                GenerationProgress(
                    stage: .composing, overall: 0.35, current: 0.5, step: 2, steps: 3, preview: preview))
        } else {
            work.progress(GenerationProgress(stage: .composing, overall: 0.35, current: 0.5, step: 2, steps: 3))
        }
        try Task.checkCancellation()
        let painted = try await threads.run { try painter.paint(try board.painting()) }
        try Task.checkCancellation()
        work.progress(GenerationProgress(stage: .saving, overall: 0.9, current: 0, step: 3, steps: 3))
        let path = "\(work.folder)/board.png"
        let file = try PNGText.added(RecipeText(recipe).chunks, to: painted)
        try await threads.run { try file.write(to: URL(fileURLWithPath: path)) }
        return GeneratedFile(
            path: path, format: "png", width: recipe.width, height: recipe.height, reference: board.applied,
            details: ["placed": .int(Int64(board.layout.placements.count)), "motif": .string(board.motif)])
    }
}

extension Storyboard {
    /// What the background shows.
    var motif: String { (recipe.shot?.grade ?? .plain).motif.rawValue }
}
