package import Foundation
package import HearthCore
package import HearthJobs

/// What the generators' outside libraries cost alone, without layout, rows and files around them: for measurements.
package struct BareGeneration: Sendable {
    private let painter: any PicturePainter

    /// Measures with this painter.
    package init(painter: any PicturePainter) { self.painter = painter }

    /// A storyboard whose layers are all known: what is left are the calls of the painter.
    package func board(_ recipe: Recipe, references: [Data]) throws -> Painting {
        try Storyboard(recipe, references: references, painter: painter).painting()
    }

    /// Paints the frames of an animatic into a folder.
    /// - Returns: the call of ffmpeg that makes a video of them.
    package func video(_ recipe: Recipe, references: [Data], in folder: String) throws -> ProgramCall {
        let board = try AnimaticBoard(recipe, references: references, painter: painter)
        let scene = try board.scene()
        let shots = try board.plan.beats.indices.map { index in
            let shot = try board.shot(at: index, before: scene)
            try shot.still.write(to: URL(fileURLWithPath: "\(folder)/\(AnimaticGenerator.still(index))"))
            try board.strip(at: index).write(to: URL(fileURLWithPath: "\(folder)/\(AnimaticGenerator.strip(index))"))
            return shot.filter
        }
        let filter = AnimaticFilter(
            shots: shots, size: board.size, pictureHeight: board.pictureHeight, bestFrame: board.bestFrame)
        return ProgramCall(
            "ffmpeg",
            AnimaticGenerator.arguments(filter, inputs: shots.count, framesPerSecond: recipe.framesPerSecond ?? 24),
            timeout: AnimaticGenerator.description.timeout)
    }
}
