import CVectors

/// How far the codes of some rows are from their floats, at most: what makes a search by codes exact.
///
/// The error of a row is the Euclidean length of what its codes lack. Each number holds for all rows; together with a
/// row's own scale, `errorSteps` bounds the error of that row.
package struct RowBounds: Sendable, Equatable {
    /// Error ÷ scale of a row; more than 0.
    package private(set) var errorSteps: Float
    /// Length of a row's codes, as whole numbers.
    package private(set) var lengthSteps: Float
    /// Error of a row.
    package private(set) var error: Float
    /// Length of a row.
    package private(set) var length: Float

    /// - Returns: nil when these are not the bounds of any row.
    package init?(errorSteps: Float, lengthSteps: Float, error: Float, length: Float) {
        guard errorSteps > 0, lengthSteps >= 0, error >= 0, length >= 0 else { return nil }
        self.init(
            hearth_bounds(error_steps: errorSteps, length_steps: lengthSteps, error: error, length: length))
    }

    /// The bounds of one row.
    package init(_ row: QuantisedRow) {
        var bounds = hearth_bounds()
        hearth_include(&bounds, row.quantised)
        self.init(bounds)
    }

    private init(_ bounds: hearth_bounds) {
        (errorSteps, lengthSteps) = (bounds.error_steps, bounds.length_steps)
        (error, length) = (bounds.error, bounds.length)
    }

    /// Widens the bounds so that they hold for the rows of others too.
    package mutating func formUnion(_ other: RowBounds) {
        var bounds = bounds
        hearth_unite(&bounds, other.bounds)
        self = RowBounds(bounds)
    }

    /// As the C kernels call it.
    var bounds: hearth_bounds {
        hearth_bounds(error_steps: errorSteps, length_steps: lengthSteps, error: error, length: length)
    }
}

extension RowBounds? {
    /// Widens the bounds so that they hold for others too; without bounds they become those.
    package mutating func formUnion(_ other: RowBounds) {
        if self?.formUnion(other) == nil { self = other }
    }
}

/// What became of a row's floats.
package struct QuantisedRow: Sendable {
    let quantised: hearth_quantised

    /// Value of one step of the codes; 0 for a row whose codes are all zero.
    package var scale: Float { quantised.scale }
    /// Euclidean length of what the codes lack.
    package var error: Double { quantised.error }
}
