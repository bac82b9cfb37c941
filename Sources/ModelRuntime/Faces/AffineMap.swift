import HearthInference

/// A place in a picture, in pixels from its top left corner: the middle of the first pixel is at (0.5, 0.5).
struct PicturePlace: Sendable, Equatable {
    var x: Double
    var y: Double
}

/// A map from places to places that keeps lines straight: `(xx·x + xy·y + x0, yx·x + yy·y + y0)`.
struct AffineMap: Sendable, Equatable {
    var xx = 1.0
    var xy = 0.0
    var x0 = 0.0
    var yx = 0.0
    var yy = 1.0
    var y0 = 0.0

    func callAsFunction(_ place: PicturePlace) -> PicturePlace {
        PicturePlace(x: xx * place.x + xy * place.y + x0, y: yx * place.x + yy * place.y + y0)
    }

    /// Nil when the map has none: it takes different places to one.
    var inverse: AffineMap? {
        let determinant = xx * yy - xy * yx
        guard determinant.isFinite, determinant.magnitude > 1e-12 else { return nil }
        let (a, b, c, d) = (yy / determinant, -xy / determinant, -yx / determinant, xx / determinant)
        return AffineMap(xx: a, xy: b, x0: -(a * x0 + b * y0), yx: c, yy: d, y0: -(c * x0 + d * y0))
    }

    /// The rotation, scale and move that takes points nearest to others, by least squares.
    ///
    /// In the plane this is Umeyama's estimate ("Least-squares estimation of transformation parameters between two
    /// point patterns", 1991) without mirroring: with points as complex numbers around their means, the factor is
    /// Σ conj(from)·to / Σ |from|².
    /// - Returns: Nil when there is none: no two points differ, or a number is none.
    static func similarity(from: [PicturePlace], to: [PicturePlace]) -> AffineMap? {
        guard from.count == to.count, from.count >= 2 else { return nil }
        let count = Double(from.count)
        func mean(_ places: [PicturePlace]) -> PicturePlace {
            PicturePlace(x: places.reduce(0) { $0 + $1.x } / count, y: places.reduce(0) { $0 + $1.y } / count)
        }
        let (source, target) = (mean(from), mean(to))
        var (real, imaginary, spread) = (0.0, 0.0, 0.0)
        for (one, other) in zip(from, to) {
            let (x, y) = (one.x - source.x, one.y - source.y)
            let (u, v) = (other.x - target.x, other.y - target.y)
            real += x * u + y * v
            imaginary += x * v - y * u
            spread += x * x + y * y
        }
        let (a, b) = (real / spread, imaginary / spread)
        // Points so near to each other, or so far, are no face.
        guard spread.isFinite, spread > 1e-6, a.isFinite, b.isFinite, (1e-4...1e4).contains(a * a + b * b) else {
            return nil
        }
        return AffineMap(
            xx: a, xy: -b, x0: target.x - a * source.x + b * source.y, yx: b, yy: a,
            y0: target.y - b * source.x - a * source.y)
    }
}
