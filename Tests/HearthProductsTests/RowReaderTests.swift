import Foundation
import HearthCore
import HearthTesting
import Testing

@testable import HearthProducts

@Suite struct RowReaderTests {
    private func rows(_ reader: some RowReader) async throws -> [ImportRow] {
        var reader = reader
        var rows: [ImportRow] = []
        while let row = try await reader.next() { rows.append(row) }
        return rows
    }

    @Test(arguments: [1, 5, 1_000]) func aSourceIsReadInWindowsFromWhereALineBegins(window: Int) async throws {
        let text = Data("one\ntwo is longer than a window\nthree".utf8)
        var lines = SourceLines(MemorySource(text), from: 4, limit: 100, window: window)
        var read: [LineReader.Line] = []
        while let line = try await lines.next() { read.append(line) }
        #expect(
            read.map { $0.bytes.map { String(decoding: $0, as: UTF8.self) } } == [
                "two is longer than a window", "three",
            ])
        #expect(read.map(\.next) == [32, 37])
        #expect(try await lines.next() == nil)
    }

    @Test(arguments: [
        ("a,b", ["a", "b"]), ("", [""]), (",", ["", ""]), ("\"\"", [""]), ("\"a,b\",c", ["a,b", "c"]),
        ("\"a\"\"b\"", ["a\"b"]), ("\"a\nb\",c", ["a\nb", "c"]), ("a b , c", ["a b ", " c"]),
    ]) func recordsAreReadAsRFC4180Says(text: String, fields: [String]) {
        #expect(CSVRecord.read(Data(text.utf8), delimiter: UInt8(ascii: ",")) == .fields(fields))
    }

    /// Takes minutes when each line of a record reads the whole record again.
    @Test func aQuoteThatNothingClosesCostsItsOwnLineOnly() async throws {
        let text = "external_id,title\nq,\"\n" + String(repeating: "\n", count: 200_000) + "r,good\n"
        var reader = try await CSVReader(MemorySource(Data(text.utf8)))
        let first = try #require(try await reader.next())
        #expect(first.line == 2 && first.lastLine == 2)
        #expect(throws: HearthError.self) { try first.content.get() }
        let second = try #require(try await reader.next())
        #expect(try second.content.get().externalID == "r")
    }

    @Test(arguments: [(1e308, 1e308), (0, 0), (-1, 1), (.nan, 1), (1e-300, 0), (.infinity, 1)])
    func weightsThatCannotBeComputedWithAreRefused(image: Double, text: Double) {
        #expect(throws: HearthError.self) { try PartWeights(image: image, text: text).check() }
    }

    @Test func brokenRecordsAreToldFromOpenOnes() {
        func read(_ text: String) -> CSVRecord.Reading { CSVRecord.read(Data(text.utf8), delimiter: UInt8(ascii: ",")) }
        #expect(read("a,\"b") == .open)
        #expect(read("a,\"b\"\"") == .open)
        for text in ["a\"b", "\"a\"b", "\"a\" ,b"] {
            guard case .broken = read(text) else {
                Issue.record("\(text) is not broken")
                continue
            }
        }
    }

    /// What a writer of CSV makes of random fields, a reader must make fields of again.
    @Test(arguments: RepeatableRandom.seeds(100)) func whatIsWrittenIsReadAgain(seed: UInt64) async throws {
        var random = RepeatableRandom(seed: seed)
        let letters = Array("ab,\"\n;é漢 ")
        let records = (0..<Int.random(in: 1...8, using: &random)).map { number in
            ["id\(number)"]
                + (0..<2).map { _ in
                    String(
                        (0..<Int.random(in: 0...6, using: &random)).map { _ in
                            letters.randomElement(using: &random) ?? "a"
                        })
                }
        }
        let text =
            (["external_id,title,description"]
            + records.map { record in
                record.map { "\"\($0.replacing("\"", with: "\"\""))\"" }.joined(separator: ",")
            }).joined(separator: "\n")
        let read = try await rows(CSVReader(MemorySource(Data(text.utf8))))
        let contents = try read.map { try $0.content.get() }
        #expect(contents.map { [$0.externalID, $0.title ?? "", $0.description ?? ""] } == records, "seed \(seed)")
        // And from the middle on.
        let middle = read.count / 2
        let position = middle == 0 ? 0 : read[middle - 1].next
        let rest = try await rows(
            CSVReader(
                MemorySource(Data(text.utf8)), from: position, line: middle == 0 ? 1 : read[middle - 1].lastLine + 1))
        #expect(rest.map(\.line) == read[middle...].map(\.line), "seed \(seed)")
    }

    @Test(arguments: RepeatableRandom.seeds(300)) func noiseIsAnErrorAndNeverATrap(seed: UInt64) async throws {
        var random = RepeatableRandom(seed: seed)
        let letters = Array("{}[]\",:\\\n\r;abc\u{0}é0123 ".utf8) + [0xFF, 0xC3, 0xED]
        let head = random.chance(50) ? Data("external_id,title\n".utf8) : Data()
        let noise =
            head
            + Data(
                (0..<Int.random(in: 0...400, using: &random)).map { _ in letters.randomElement(using: &random) ?? 0 })
        for format in [ImportFormat.jsonl, .csv] {
            do {
                var reader = try await format.reader(MemorySource(noise), from: 0, line: 1, inflater: nil)
                var last = 0
                while let row = try await reader.next() {
                    #expect(row.next > last && row.next <= noise.count, "seed \(seed)")
                    last = row.next
                }
            } catch let error as HearthError {
                #expect(error.code == .invalidRequest, "seed \(seed)")
            }
        }
    }

    @Test func formatsAreToldByTheirFirstBytes() {
        #expect(ImportFormat(of: Data([0x50, 0x4B, 3, 4])) == .zip)
        #expect(ImportFormat(of: Data("\u{FEFF} {\"a\":1}".utf8)) == .jsonl)
        #expect(ImportFormat(of: Data("id,title".utf8)) == .csv)
    }
}
