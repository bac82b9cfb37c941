import Testing

@testable import HearthCommand

/// Numbers and times as people see them.
@Suite struct WordingTests {
    private static let now: Int64 = 1_764_540_000_000

    @Test(
        arguments: [
            (0, "0 s ago"), (89_999, "89 s ago"), (90_000, "2 min ago"), (5_399_000, "90 min ago"),
            (7_200_000, "2 h ago"), (172_800_000, "2 days ago"), (-60_000, "in 60 s"), (-864_000_000, "in 10 days"),
        ] as [(Int64, String)])
    func agesAreInTheLargestUnitThatSaysSomething(back: Int64, text: String) {
        #expect(Wording.age(of: Self.now - back, now: Self.now) == text)
    }

    /// Any number that a server may send, without a trap.
    @Test(arguments: [Int64.min, -1, 0, .max]) func noTimeIsTooFar(time: Int64) {
        #expect(!Wording.age(of: time, now: Self.now).isEmpty)
        #expect(!Wording.moment(time).isEmpty)
    }

    @Test func momentsAreInUTC() { #expect(Wording.moment(Self.now) == "2025-11-30 22:00:00 UTC") }

    @Test(
        arguments: [
            (0.98765432, "0.9877"), (12.3456, "12.35"), (123.456, "123.5"), (4_119.7, "4120"), (3, "3"), (0.5, "0.5"),
            (-0.25, "-0.25"), (0, "0"), (1e300, "1e+300"),
        ] as [(Double, String)])
    func numbersHaveTheDigitsThatMatter(value: Double, text: String) { #expect(Wording.number(value) == text) }
}
