import Foundation
import HearthCore

/// Numbers, times and ids for people.
package enum Wording {
    /// How long ago a moment is, or how far ahead: `12 s ago`, `in 3 days`.
    /// - Parameters:
    ///   - time: Milliseconds since 1970.
    ///   - now: The same.
    static func age(of time: Int64, now: Int64) -> String {
        let (span, isOver) = time <= now ? (now - max(time, 0), true) : (time - now, false)
        let seconds = span / 1_000
        let text =
            switch seconds {
            case ..<90: "\(seconds) s"
            case ..<5_400: "\((seconds + 30) / 60) min"
            case ..<129_600: "\((seconds + 1_800) / 3_600) h"
            default: counted(Int((seconds + 43_200) / 86_400), "day")
            }
        return isOver ? "\(text) ago" : "in \(text)"
    }

    /// A moment in UTC, to the second: `2026-11-30 21:59:35 UTC`.
    /// - Parameter time: Milliseconds since 1970.
    static func moment(_ time: Int64) -> String {
        // The years that four digits can write.
        let seconds = min(max(time / 1_000, -62_135_596_800), 253_402_300_799)
        let text = Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
        return text.replacing("T", with: " ").replacing("Z", with: " UTC")
    }

    /// An id that stands for something else than its own line: its end, which is the part that differs.
    static func shortID(_ id: String) -> String { id.count > 12 ? "…\(id.suffix(8))" : id }

    /// A number with the digits that say something: `0.988`, `12.3`, `4120`.
    static func number(_ value: Double) -> String {
        let size = abs(value)
        guard size < 1e15 else { return "\(value)" }
        if size >= 1_000 || value.rounded() == value { return String(Int64(value.rounded())) }
        let text = String(format: size >= 100 ? "%.1f" : size >= 10 ? "%.2f" : "%.4f", value)
        return String(text.reversed().drop { $0 == "0" }.reversed()).trimmingSuffix(".")
    }
}

extension String {
    /// Without one ending.
    func trimmingSuffix(_ ending: String) -> String {
        hasSuffix(ending) ? String(dropLast(ending.count)) : self
    }
}
