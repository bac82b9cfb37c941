import HearthCore
import HearthTesting
import Testing

@testable import HearthJobs

@Suite struct CronExpressionTests {
    private func next(_ expression: String, after time: Int64) throws -> Int64 {
        try CronExpression(expression).next(after: time)
    }

    @Test(
        arguments: [
            ("* * * * *", "2026-11-21 10:39", "2026-11-21 10:40"),
            ("0 * * * *", "2026-11-21 10:39", "2026-11-21 11:00"),
            ("0 0 * * *", "2026-12-31 23:59", "2027-01-01 00:00"),
            ("*/15 9-17 * * 1-5", "2026-11-20 17:45", "2026-11-23 09:00"),
            ("5,35 0-23/12 * * *", "2026-11-21 00:35", "2026-11-21 12:05"),
            ("10/20 * * * *", "2026-11-21 10:11", "2026-11-21 10:30"),
            ("0 0 31 * *", "2026-01-31 00:00", "2026-03-31 00:00"),
            ("0 0 30 * *", "2027-01-30 00:00", "2027-03-30 00:00"),
            ("0 0 29 2 *", "2026-11-21 10:39", "2028-02-29 00:00"),
            ("0 0 29 2 *", "2096-02-29 00:00", "2104-02-29 00:00"),
            // A 29 February on a Sunday, over the year 2100, which is no leap year. `*/7` restricts no weekday as
            // crontab reads it, so that both days must match.
            ("0 0 29 2 */7", "2088-02-29 00:00", "2128-02-29 00:00"),
            // Both days restricted: either may match.
            ("0 0 13 * 5", "2026-11-13 00:00", "2026-11-20 00:00"),
            ("0 0 13 * 5", "2026-12-11 00:00", "2026-12-13 00:00"),
            ("0 0 31 2 1", "2026-02-02 00:00", "2026-02-09 00:00"),
            // Sunday is 0 and 7.
            ("0 0 * * 0", "2026-11-21 10:39", "2026-11-22 00:00"),
            ("0 0 * * 7", "2026-11-21 10:39", "2026-11-22 00:00"),
            ("0 0 * * 6-7", "2026-11-21 10:39", "2026-11-22 00:00"),
        ])
    func theNextTimeIs(expression: String, after: String, expected: String) throws {
        #expect(try next(expression, after: CronCalendar.time(after)) == CronCalendar.time(expected))
    }

    @Test func theMinuteThatRunsIsOver() throws {
        let time = CronCalendar.time("2026-11-21 10:39")
        #expect(try next("39 10 * * *", after: time) == time + 24 * 3_600_000, "its first moment")
        #expect(try next("39 10 * * *", after: time - 1) == time, "the moment before")
        #expect(try next("* * * * *", after: time + 59_999) == time + 60_000, "its last moment")
    }

    @Test func blanksDoNotTellExpressionsApart() throws {
        #expect(try CronExpression(" 0  0 1 1   * ") == CronExpression("0 0 1 1 *"))
        #expect(try CronExpression(" 0  0 1 1   * ").text == "0 0 1 1 *")
    }

    @Test(
        arguments: [
            "", " ", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 0 *",
            "* * * 13 *", "* * * * 8", "-1 * * * *", "+1 * * * *", "1.5 * * * *", "a * * * *", "* * * JAN *",
            "* * * * MON", "@daily", "*/0 * * * *", "*/ * * * *", "/5 * * * *", "*/2/3 * * * *", "*/-2 * * * *",
            "5-1 * * * *", "1- * * * *", "-5 * * * *", "1-2-3 * * * *", "*-5 * * * *", "1-60 * * * *", "1, * * * *",
            ", * * * *", "1,,2 * * * *", "** * * * *", "? * * * *", "99999999999999999999 * * * *", "٣ * * * *",
            "*\t* * * *", "0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 31 2 */2",
        ])
    func whatIsNoCronExpressionIsRefused(text: String) {
        let error = #expect(throws: HearthError.self) { try CronExpression(text) }
        #expect(error?.code == .invalidRequest)
    }

    @Test func aStepBeyondItsFieldMeetsTheFirstValueOnly() throws {
        let start = CronCalendar.time("2026-11-21 10:39")
        #expect(try next("*/\(Int.max) * * * *", after: start) == CronCalendar.time("2026-11-21 11:00"))
    }

    /// Each field is made as a set of numbers first and written down after, so that the oracle reads no text at all.
    @Test(arguments: RepeatableRandom.seeds(150))
    func everyTimeIsTheOneThatCountingMinutesFinds(seed: UInt64) throws {
        var random = RepeatableRandom(seed: seed)
        let fields = CronCalendar.Field.ranges.map { CronCalendar.Field(in: $0, using: &random) }
        let text = fields.map(\.text).joined(separator: " ")
        var time =
            Int64.random(in: 0..<4_102_444_800, using: &random) * 1_000 + Int64.random(in: 0..<1_000, using: &random)
        guard let expression = try? CronExpression(text) else {
            // Refused: then no day of it occurs within a whole cycle of the calendar.
            #expect(CronCalendar.next(fields, after: time, days: 146_097) == nil, "seed \(seed): `\(text)` was refused")
            return
        }
        for _ in 0..<5 {
            let found = expression.next(after: time)
            #expect(
                found == CronCalendar.next(fields, after: time, days: 41 * 366), "seed \(seed): `\(text)` after \(time)"
            )
            guard found > time else { return }
            time = found
        }
    }
}
