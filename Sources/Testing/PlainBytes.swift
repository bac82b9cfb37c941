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
        // One pass for all: by their first two bytes most places are passed over. Pointers, because tests are not
        // optimised and read megabytes.
        var byStart: [Int: [Int]] = [:]
        for (number, needle) in needles.enumerated() { byStart[Self.start(needle.bytes), default: []].append(number) }
        let isStart = UnsafeMutablePointer<Bool>.allocate(capacity: 1 << 16)
        defer { isStart.deallocate() }
        isStart.initialize(repeating: false, count: 1 << 16)
        for start in byStart.keys { isStart[start] = true }
        var found: Set<String> = []
        bytes.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in
            guard let base = bytes.bindMemory(to: UInt8.self).baseAddress else { return }
            var place = 0
            while place < bytes.count - 7 {
                let start = Int(base[place]) &+ Int(base[place &+ 1]) &* 256
                if isStart[start] {
                    let rest = UnsafeRawBufferPointer(rebasing: bytes[place...])
                    for number in byStart[start] ?? [] where Self.begins(rest, with: needles[number].bytes) {
                        found.insert(needles[number].name)
                    }
                }
                place &+= 1
            }
        }
        return found.sorted()
    }

    private static func begins(_ bytes: UnsafeRawBufferPointer, with needle: Data) -> Bool {
        needle.withUnsafeBytes { needle in
            guard bytes.count >= needle.count, let left = bytes.baseAddress, let right = needle.baseAddress else {
                return false
            }
            return memcmp(left, right, needle.count) == 0
        }
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
