/// A number as JSON writes it, compared by its value: a double, or a whole number of 64 bits that no double has.
///
/// Beyond 2^53 neighbouring whole numbers round to one double. Numbers of a message or a person are often that long,
/// so they stay whole: two of them are equal when all of their digits are, and their order with doubles is exact.
package struct ExactNumber: Sendable, Hashable {
    /// A number has one form: ``whole`` only when no double is equal to it.
    enum Form: Sendable, Hashable {
        /// Finite.
        case double(Double)
        case whole(Int64)
    }

    let form: Form

    /// - Parameter value: finite.
    package init(_ value: Double) { form = .double(value) }

    /// An integer, exactly.
    package init(_ value: Int64) {
        form = Int64(exactly: Double(value)) == value ? .double(Double(value)) : .whole(value)
    }

    /// The nearest double; the number itself unless it is a long whole number.
    package var rounded: Double {
        switch form {
        case .double(let value): value
        case .whole(let value): Double(value)
        }
    }

    /// The number when it is whole and fits 64 bits.
    package var integer: Int64? {
        switch form {
        case .double(let value): Int64(exactly: value)
        case .whole(let value): value
        }
    }
}

extension ExactNumber: Comparable {
    /// By value, without rounding either of them.
    package static func < (left: ExactNumber, right: ExactNumber) -> Bool {
        switch (left.form, right.form) {
        case (.double(let left), .double(let right)): left < right
        case (.whole(let left), .whole(let right)): left < right
        case (.whole(let left), .double(let right)): isBelow(left, right)
        // The two forms are never equal.
        case (.double(let left), .whole(let right)): !isBelow(right, left)
        }
    }

    /// Whether a whole number is less than a double that is another number.
    private static func isBelow(_ whole: Int64, _ double: Double) -> Bool {
        // Rounded up, so that what is below the double is below the whole number next to it.
        guard let next = Int64(exactly: double.rounded(.up)) else { return double > 0 }
        return whole < next
    }
}

extension ExactNumber: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral {
    /// The integer that is written.
    package init(integerLiteral value: Int64) { self.init(value) }
    /// The fraction that is written.
    package init(floatLiteral value: Double) { self.init(value) }
}
