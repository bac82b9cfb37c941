import Foundation
import HearthCore
import Testing

/// Zip files that are written entry by entry.
@Suite struct ZipWriterTests {
    private func word<Word: FixedWidthInteger>(_ bytes: Data, _ offset: Int, _ type: Word.Type) -> Int {
        bytes.withUnsafeBytes { Int(Word(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: type))) }
    }

    /// Name and content of each entry, found by the directory as unpackers do it.
    private func read(_ zip: Data) -> [(name: String, content: Data)] {
        let end = zip.count - 22
        #expect(word(zip, end, UInt32.self) == 0x0605_4B50)
        var (position, entries): (Int, [(String, Data)]) = (word(zip, end + 16, UInt32.self), [])
        for _ in 0..<word(zip, end + 10, UInt16.self) {
            #expect(word(zip, position, UInt32.self) == 0x0201_4B50)
            let (crc, bytes) = (word(zip, position + 16, UInt32.self), word(zip, position + 24, UInt32.self))
            let length = word(zip, position + 28, UInt16.self)
            let name = String(decoding: zip[(position + 46)..<(position + 46 + length)], as: UTF8.self)
            let start = word(zip, position + 42, UInt32.self) + 30 + length
            let content = Data(zip[start..<(start + bytes)])
            #expect(content.withUnsafeBytes { Int(CRC32.checksum($0)) } == crc)
            // The sum that follows the bytes says the same.
            #expect(
                word(zip, start + bytes, UInt32.self) == 0x0807_4B50 && word(zip, start + bytes + 4, UInt32.self) == crc
            )
            entries.append((name, content))
            position += 46 + length
        }
        #expect(position == end)
        return entries
    }

    @Test func whatIsPackedInPiecesIsUnpackedWhole() throws {
        let contents = [
            ("projects/a/one.png", Data((0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })),
            ("leer.json", Data()),
            ("雨.txt", Data("rain".utf8)),
        ]
        var (zip, file) = (ZipWriter(), Data())
        for (name, bytes) in contents {
            file += try zip.begin(name)
            for start in stride(from: 0, to: bytes.count, by: 999) {
                file += zip.add(Data(bytes[start..<min(start + 999, bytes.count)]))
            }
            file += try zip.end()
        }
        file += try zip.directory()
        let entries = read(file)
        #expect(entries.map(\.name) == contents.map(\.0) && entries.map(\.content) == contents.map(\.1))
        #expect(ZipWriter.size(of: contents.map { ($0.0, $0.1.count) }) == file.count, "its length is known before")
    }

    @Test func anEmptyArchiveIsOne() throws {
        let file = try ZipWriter().directory()
        #expect(read(file).isEmpty && ZipWriter.size(of: []) == file.count)
    }

    @Test func whatDoesNotFitHasNoSize() {
        #expect(ZipWriter.size(of: [("a", Int(UInt32.max))]) == nil)
        #expect(ZipWriter.size(of: [("a", Int.max), ("b", Int.max)]) == nil)
        #expect(ZipWriter.size(of: [("a", -1)]) == nil)
        #expect(ZipWriter.size(of: Array(repeating: ("a", 0), count: 65_535)) == nil)
    }

    @Test func theSumOfPiecesIsTheSumOfTheWhole() {
        let bytes = Data((0..<1_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        for size in [1, 15, 16, 17, 333] {
            var sum = CRC32.Sum()
            for start in stride(from: 0, to: bytes.count, by: size) {
                Data(bytes[start..<min(start + size, bytes.count)]).withUnsafeBytes { sum.update($0) }
            }
            #expect(sum.value == bytes.withUnsafeBytes { CRC32.checksum($0) }, "pieces of \(size)")
        }
    }
}
