import Testing

@testable import HearthDownload

@Suite struct ContentRangeTests {
    private static let ranges: [(String, Int?, Int?)] = [
        ("bytes 5-9/10", 5, 10), ("bytes 0-0/*", 0, nil), ("bytes */10", nil, 10), ("BYTES 5-9/10", 5, 10),
    ]

    @Test(arguments: ranges)
    func rangeIsRead(text: String, start: Int?, total: Int?) throws {
        let range = try #require(ContentRange(text))
        #expect(range.start == start)
        #expect(range.total == total)
    }

    @Test(arguments: [
        "", "bytes", "bytes 5-9", "lines 5-9/10", "bytes 9-5/10", "bytes 5-10/10", "bytes -5/10", "bytes 5-9/ten",
        "bytes 5-9/-1", "bytes 5-9/99999999999999999999",
    ])
    func nonsenseIsNone(text: String) { #expect(ContentRange(text) == nil) }
}
