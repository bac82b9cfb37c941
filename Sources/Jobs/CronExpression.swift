import Foundation
import HearthCore

/// A five-field cron expression in UTC (POSIX crontab(5)): minute, hour, day of month, month, day of week.
///
/// Fields take `*`, numbers, ranges, lists and steps. As in crontab, when both days are restricted either may match.
package struct CronExpression: Sendable, Equatable {
    package let text: String
    private let minutes: Set<Int>
    private let hours: Set<Int>
    private let days: Set<Int>
    private let months: Set<Int>
    private let weekdays: Set<Int>
    private let restrictsDays: Bool
    private let restrictsWeekdays: Bool

    /// - Throws: ``HearthError`` `invalid_request` that names the bad field.
    package init(_ text: String) throws {
        let fields = text.split(separator: " ")
        guard fields.count == 5 else { throw Self.malformed(text) }
        self.text = fields.joined(separator: " ")
        minutes = try Self.values(fields[0], in: 0...59)
        hours = try Self.values(fields[1], in: 0...23)
        days = try Self.values(fields[2], in: 1...31)
        months = try Self.values(fields[3], in: 1...12)
        weekdays = Set(try Self.values(fields[4], in: 0...7).map { $0 % 7 })
        restrictsDays = !fields[2].hasPrefix("*")
        restrictsWeekdays = !fields[4].hasPrefix("*")
        guard Self.canOccur(days: days, months: months) || restrictsWeekdays else { throw Self.malformed(text) }
    }

    /// The first matching minute after a time, in milliseconds since 1970.
    package func next(after time: Int64) -> Int64 {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        var minute = time / 60_000 + 1
        // Forty years hold a 29 February of each weekday, 2100 included; `init` has refused what can never match.
        let last = minute + 41 * 366 * 24 * 60
        while minute < last {
            let date = calendar.dateComponents(
                [.month, .day, .weekday, .hour, .minute], from: Date(timeIntervalSince1970: Double(minute) * 60))
            if !matchesDay(date) {
                minute = (minute / 1_440 + 1) * 1_440
            } else if !hours.contains(date.hour ?? 0) {
                minute = (minute / 60 + 1) * 60
            } else if !minutes.contains(date.minute ?? 0) {
                minute += 1
            } else {
                break
            }
        }
        return minute * 60_000
    }

    private func matchesDay(_ date: DateComponents) -> Bool {
        guard months.contains(date.month ?? 0) else { return false }
        let day = days.contains(date.day ?? 0)
        let weekday = weekdays.contains((date.weekday ?? 1) - 1)
        return restrictsDays && restrictsWeekdays ? day || weekday : day && weekday
    }

    private static func canOccur(days: Set<Int>, months: Set<Int>) -> Bool {
        let lengths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return months.contains { month in days.contains { $0 <= lengths[month - 1] } }
    }

    private static func values(_ field: Substring, in range: ClosedRange<Int>) throws -> Set<Int> {
        var values: Set<Int> = []
        for part in field.split(separator: ",", omittingEmptySubsequences: false) {
            let pieces = part.split(separator: "/", omittingEmptySubsequences: false)
            guard pieces.count <= 2, let span = pieces.first else { throw malformed(field) }
            let step = pieces.count == 2 ? number(pieces[1]) ?? 0 : 1
            guard step > 0 else { throw malformed(field) }
            let bounds = try bounds(span, in: range, isStepped: pieces.count == 2)
            values.formUnion(stride(from: bounds.lowerBound, through: bounds.upperBound, by: step))
        }
        return values
    }

    private static func bounds(
        _ span: Substring, in range: ClosedRange<Int>, isStepped: Bool
    ) throws -> ClosedRange<Int> {
        if span == "*" { return range }
        let ends = span.split(separator: "-", omittingEmptySubsequences: false).map(number)
        guard ends.count <= 2, let low = ends.first ?? nil, range.contains(low) else { throw malformed(span) }
        guard ends.count == 2 else { return low...(isStepped ? range.upperBound : low) }
        guard let high = ends[1], range.contains(high), low <= high else { throw malformed(span) }
        return low...high
    }

    /// Digits only: `Int` would take a sign too.
    private static func number(_ text: Substring) -> Int? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
    }

    private static func malformed(_ text: some StringProtocol) -> HearthError {
        HearthError(
            .invalidRequest, "`\(text)` is not a cron expression.",
            hint: "Five fields: minute, hour, day of month, month, day of week; for example `*/5 * * * *`.")
    }
}
