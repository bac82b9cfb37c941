package import Foundation
import HearthCore

/// What must be nowhere in clear: vectors and pictures, in every form in which a program writes them by accident.
///
///     var plain = PlainBytes()
///     plain.add(vector, "template of a user")
///     #expect(try plain.found(below: folder.path) == [])
package struct PlainBytes: Sendable {
    private var needles: [(name: String, bytes: Data)] = []

    package init() {}

    /// A vector as float32, float64, base64, hexadecimal digits or decimal text; parts of it as well.
    package mutating func add(_ vector: [Float], _ name: String) {
        let bytes = Data(littleEndian: vector)
        let doubles = vector.map(Double.init).withUnsafeBytes { Data($0) }
        for place in [0, vector.count / 2, max(vector.count - 4, 0)] {
            add(bytes.dropFirst(place * 4).prefix(16), "\(name), float32")
            add(doubles.dropFirst(place * 8).prefix(16), "\(name), float64")
            addText(of: bytes.dropFirst(place * 4).prefix(16), name)
            guard place < vector.count else { continue }
            for text in [String(vector[place]), String(Double(vector[place]))] where text.utf8.count >= 8 {
                add(Data(text.utf8), "\(name), decimal text")
            }
        }
    }

    /// Bytes of a picture, or any others; parts of them as well.
    package mutating func add(_ bytes: Data, picture name: String) {
        for place in [bytes.count / 3, bytes.count / 2, bytes.count * 4 / 5] {
            let part = bytes.dropFirst(place).prefix(24)
            add(part, "\(name), bytes")
            addText(of: part, name)
        }
    }

    /// A word, as an identifier of something that is sealed with it.
    package mutating func add(word: String) { add(Data(word.utf8), "the word \(word)") }

    /// Where something of it is, as `path: what`; empty when nothing is. Every file below a folder is read, whole.
    package func found(below folder: String) throws -> [String] {
        var found: [String] = []
        for path in FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? [] {
            let url = URL(fileURLWithPath: "\(folder)/\(path)")
            guard try url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else { continue }
            found += try self.found(in: Data(contentsOf: url)).map { "\(path): \($0)" }
        }
        return found.sorted()
    }

    /// What of it is in some bytes, as of a log or an answer.
    package func found(in bytes: Data) -> [String] {
        // One pass for all: by their first two bytes most places are passed over.
        var byStart = [[Int]](repeating: [], count: 1 << 16)
        for (number, needle) in needles.enumerated() { byStart[Self.start(needle.bytes)].append(number) }
        var found: Set<String> = []
        bytes.withUnsafeBytes { bytes in
            for place in 0..<max(bytes.count - 7, 0) {
                let start = Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt16.self)))
                guard !byStart[start].isEmpty else { continue }
                for number in byStart[start] where bytes[place...].starts(with: needles[number].bytes) {
                    found.insert(needles[number].name)
                }
            }
        }
        return found.sorted()
    }

    private static func start(_ bytes: Data) -> Int { bytes.prefix(2).reversed().reduce(0) { $0 << 8 | Int($1) } }

    /// Base64 that begins at any of three places of a group of bytes, and hexadecimal digits.
    private mutating func addText(of bytes: Data, _ name: String) {
        for shift in 0..<3 {
            let text = bytes.dropFirst(shift).base64EncodedString().filter { $0 != "=" }
            add(Data(text.dropLast(4).utf8), "\(name), base64")
        }
        let digits = bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
        add(Data(digits.utf8), "\(name), hexadecimal")
    }

    private mutating func add(_ bytes: Data, _ name: String) {
        // Fewer bytes would be found by chance.
        if bytes.count >= 8 { needles.append((name, bytes)) }
    }
}
