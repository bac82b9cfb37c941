/// A part of a picture that a model has found.
///
/// All numbers are fractions of the upright picture's width and height, from its top left corner: they hold for every
/// size of the picture. A region may reach beyond the picture, that is below 0 or above 1.
package struct PictureRegion: Sendable, Equatable, Codable {
    /// A place in the picture.
    package struct Point: Sendable, Equatable, Codable {
        package var x: Float
        package var y: Float

        package init(x: Float, y: Float) {
            self.x = x
            self.y = y
        }
    }

    /// The corner next to the origin, and the size.
    package var x: Float
    package var y: Float
    package var width: Float
    package var height: Float
    /// How sure the model is, 0…1.
    package var score: Float
    /// Landmarks in the model's own order; empty when it gives none.
    package var points: [Point]

    package init(x: Float, y: Float, width: Float, height: Float, score: Float, points: [Point] = []) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
        self.score = score
        self.points = points
    }
}
