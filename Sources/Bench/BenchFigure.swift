import HearthCommand
import HearthCore
import HearthJSON

/// One row of the table: what was measured, what came out, and what it had to be.
struct BenchFigure {
    let name: String
    let value: String
    /// The bar in words; empty for a figure that only explains another.
    var bar = ""
    /// Whether the bar is met; nil where there is none, or its peer is missing.
    var isMet: Bool?

    /// A figure that must not exceed a bar.
    static func atMost(_ bar: Double, _ value: Double, _ unit: String, _ name: String) -> BenchFigure {
        BenchFigure(
            name: name, value: "\(number(value)) \(unit)", bar: "≤ \(number(bar)) \(unit)", isMet: value <= bar)
    }

    /// A figure that must reach a bar.
    static func atLeast(_ bar: Double, _ value: Double, _ unit: String, _ name: String) -> BenchFigure {
        BenchFigure(
            name: name, value: "\(number(value)) \(unit)", bar: "≥ \(number(bar)) \(unit)", isMet: value >= bar)
    }

    /// Three digits that matter.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return "none" }
        let digits = value >= 100 ? 1.0 : value >= 10 ? 10 : 100
        let rounded = (value * digits).rounded() / digits
        return digits == 1 ? String(Int(rounded)) : String(rounded)
    }

    var line: String {
        let verdict = isMet.map { $0 ? "met" : "MISSED" } ?? ""
        return name.padded(to: 62) + value.padded(to: 38) + bar.padded(to: 18) + verdict
    }

    var json: JSONValue {
        [
            "name": .string(name), "value": .string(value), "bar": .string(bar),
            "met": isMet.map(JSONValue.bool) ?? .null,
        ]
    }
}
