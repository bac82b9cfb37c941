import HearthCore
import HearthJSON
import HearthTesting
import Testing

@Suite struct KeepAliveTests {
    @Test(
        arguments: [
            ("pinned", .pinned), ("-1", .pinned), ("-1s", .pinned), ("-5m", .pinned), ("-0.001", .pinned),
            ("0", .idle(.zero)), ("0s", .idle(.zero)), ("-0s", .idle(.zero)), ("300", .idle(.seconds(300))),
            ("1.5", .idle(.milliseconds(1_500))), ("90s", .idle(.seconds(90))), ("5m", .idle(.seconds(300))),
            ("24h", .idle(.seconds(86_400))), ("1h30m", .idle(.seconds(5_400))), ("250ms", .idle(.milliseconds(250))),
            ("1h15m30.918s", .idle(.milliseconds(4_530_918))), (".5s", .idle(.milliseconds(500))),
            ("+5m", .idle(.seconds(300))), ("2000us", .idle(.milliseconds(2))), ("3000µs", .idle(.milliseconds(3))),
            ("3000μs", .idle(.milliseconds(3))), ("5000000ns", .idle(.milliseconds(5))), ("3650d1", nil),
            ("1e3", .idle(.seconds(1_000))), ("99999999h", .pinned), ("1e300", .pinned),
        ] as [(String, KeepAlive?)])
    func durationsAreReadAsGoWritesThem(text: String, expected: KeepAlive?) {
        #expect(KeepAlive(text) == expected)
    }

    @Test(
        arguments: [
            "", "-", "+", "m", "5 m", "5m ", "5x", "5mm", "1.2.3s", "1h-30m", "nan", "inf", "-inf", "infinity",
            "Pinned",
            "5M", "--5m", ".s", "five", "5m\u{0}",
        ])
    func whatIsNoDurationIsNothing(text: String) {
        #expect(KeepAlive(text) == nil)
    }

    @Test func numbersThatAreNoneAreForEver() {
        #expect(
            [Double.nan, .infinity, -.infinity, .greatestFiniteMagnitude].map(KeepAlive.init(seconds:))
                == Array(repeating: .pinned, count: 4))
    }

    @Test(arguments: RepeatableRandom.seeds(20))
    func everyDurationIsReadAsItIsWritten(seed: UInt64) throws {
        var random = RepeatableRandom(seed: seed)
        for _ in 0..<500 {
            let milliseconds = Int64.random(in: 0...(random.chance(50) ? 10_000 : 315_360_000_000), using: &random)
            let value = KeepAlive.idle(.milliseconds(milliseconds))
            #expect(KeepAlive(value.text) == value, "seed \(seed): \(value.text)")
            #expect(try JSONValueDecoder.read(KeepAlive.self, from: JSONValueEncoder.encode(value)) == value)
        }
        #expect(KeepAlive(KeepAlive.pinned.text) == .pinned)
    }

    @Test func clientsMaySendNumbersTextsOrNothing() throws {
        #expect(try KeepAlive(json: 90, field: "keep_alive") == .idle(.seconds(90)))
        #expect(try KeepAlive(json: -1, field: "keep_alive") == .pinned)
        #expect(try KeepAlive(json: 0.25, field: "keep_alive") == .idle(.milliseconds(250)))
        #expect(try KeepAlive(json: "5m", field: "keep_alive") == .idle(.seconds(300)))
        #expect(try KeepAlive(json: .null, field: "keep_alive") == nil)
        for json in [true, [], [:], "soon"] as [JSONValue] {
            let error = #expect(throws: HearthError.self) { try KeepAlive(json: json, field: "keep_alive") }
            #expect(error?.message.contains("`keep_alive`") == true)
        }
        #expect(throws: HearthError.self) { try JSONValueDecoder.read(KeepAlive.self, from: "soon") }
    }
}
