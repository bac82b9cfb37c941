import HearthJSON
import Testing

@testable import HearthCommand

/// What `hearth products scan` prints.
@Suite struct ScanLinesTests {
    private func lines(_ changes: JSONValue = [:], keeps: Bool = true) -> [String] {
        var reply: JSONValue = [
            "matches": [["score": 0.9123, "external_id": "tea-1", "title": "Night Tea"]], "searched": "image",
            "compared": 1, "model": ["id": "scatter"], "timings": ["total_ms": 3.21], "is_stored": true,
            "scan_id": "s1", "pending": 0, "is_cached": false,
        ]
        for member in changes.objectValue?.members ?? [] { reply[member.key] = member.value }
        return ProductsScan.lines(reply, keeps: keeps)
    }

    @Test func aMatchIsARowAndTheRestIsPlain() {
        #expect(
            lines() == [
                "SCORE  PRODUCT  TITLE", "0.912  tea-1    Night Tea", "1 product picture compared by scatter in 3.2 ms",
                "Kept as scan s1; `hearth scans` lists them.",
            ])
        #expect(lines(["compared": 2, "searched": "combined"])[2].hasPrefix("2 vectors compared by"))
    }

    @Test func whatTheReaderShouldKnowIsSaid() {
        #expect(lines(["is_cached": true])[3] == "The same picture was scanned before; its vector was used again.")
        #expect(lines(["pending": 1])[3] == "1 product cannot be found yet: the vectors are still being made.")
        #expect(lines(["is_stored": false]).last?.hasPrefix("The scan is not kept") == true)
        #expect(lines(["is_stored": false], keeps: false).count == 3)
        #expect(lines(["matches": [], "compared": 0])[0].hasPrefix("There are no products yet"))
        #expect(lines(["matches": []])[0] == "No product was found.")
        // `--template mlk` where there are products.
        let hint = "No product has the template `mlk`. Did you mean `milk`?"
        let unknown: JSONValue = ["matches": [], "compared": 0, "hint": .string(hint)]
        #expect(Array(lines(unknown).prefix(2)) == ["No product was found.", hint])
    }
}
