import HearthTesting

/// The Gregorian calendar in UTC, counted day by day: the oracle of cron expressions, which uses no library.
enum CronCalendar {
    /// A field of an expression: the numbers it stands for, and one way to write them.
    struct Field {
        static let ranges = [0...59, 0...23, 1...31, 1...12, 0...7]

        let values: Set<Int>
        let text: String
        /// Whether it begins with `*`, which crontab reads as no restriction even when steps follow.
        var isFree: Bool { text.hasPrefix("*") }

        init(in range: ClosedRange<Int>, using random: inout RepeatableRandom) {
            var (values, texts): (Set<Int>, [String]) = ([], [])
            for _ in 0..<(random.chance(70) ? 1 : Int.random(in: 2...4, using: &random)) {
                let low = Int.random(in: range, using: &random)
                let high = Int.random(in: low...range.upperBound, using: &random)
                let step = Int.random(in: 1...(range.count + 2), using: &random)
                let (numbers, written): (any Sequence<Int>, String) =
                    switch Int.random(in: 0..<6, using: &random) {
                    case 0, 1: (range, "*")
                    case 2: (stride(from: range.lowerBound, through: range.upperBound, by: step), "*/\(step)")
                    case 3: (low...low, "\(low)")
                    case 4: (low...high, "\(low)-\(high)")
                    default: (stride(from: low, through: high, by: step), "\(low)-\(high)/\(step)")
                    }
                values.formUnion(Array(numbers))
                texts.append(written)
            }
            self.values = values
            text = texts.joined(separator: ",")
        }
    }

    /// Milliseconds of `YYYY-MM-DD HH:MM`.
    static func time(_ text: String) -> Int64 {
        let numbers = text.split { !$0.isNumber }.compactMap { Int($0) }
        var days = 0
        for year in 1970..<numbers[0] { days += isLeap(year) ? 366 : 365 }
        for month in 1..<numbers[1] { days += length(of: month, year: numbers[0]) }
        return Int64(((days + numbers[2] - 1) * 24 + numbers[3]) * 60 + numbers[4]) * 60_000
    }

    /// Month and day of each day since 1970, for half a millennium.
    private static let days: [(month: Int, day: Int)] = {
        var days: [(month: Int, day: Int)] = []
        for year in 1970..<2504 {
            for month in 1...12 {
                for day in 1...length(of: month, year: year) { days.append((month, day)) }
            }
        }
        return days
    }()

    /// The first minute after a time that matches, looking at so many days.
    static func next(_ fields: [Field], after time: Int64, days limit: Int) -> Int64? {
        let first = Int(time / 60_000) + 1
        for number in first / 1_440..<first / 1_440 + limit {
            let (month, day) = days[number]
            guard matches(fields, month: month, day: day, weekday: (number + 4) % 7) else { continue }
            for hour in fields[1].values.sorted() {
                for minute in fields[0].values.sorted() {
                    let candidate = number * 1_440 + hour * 60 + minute
                    if candidate >= first { return Int64(candidate) * 60_000 }
                }
            }
        }
        return nil
    }

    private static func matches(_ fields: [Field], month: Int, day: Int, weekday: Int) -> Bool {
        guard fields[3].values.contains(month) else { return false }
        let isDay = fields[2].values.contains(day)
        let isWeekday = fields[4].values.contains { $0 % 7 == weekday }
        return fields[2].isFree || fields[4].isFree ? isDay && isWeekday : isDay || isWeekday
    }

    private static func length(of month: Int, year: Int) -> Int {
        [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }

    private static func isLeap(_ year: Int) -> Bool {
        year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    }
}
