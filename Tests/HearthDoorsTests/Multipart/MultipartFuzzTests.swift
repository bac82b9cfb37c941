import HearthCore
import HearthDoors
import NIOCore
import Testing

/// Generated, cut and damaged bodies: what was written comes back exactly, and nothing else crashes.
struct MultipartFuzzTests {
    /// splitmix64: the same numbers for the same seed everywhere.
    struct Numbers: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }
    }

    /// A body and what it holds.
    private struct Form {
        var boundary: String
        var parts: [(name: String, fileName: String?, type: String?, content: [UInt8])] = []
        var bytes = ByteBuffer()

        init(_ numbers: inout Numbers) {
            let letters = Array("abcXYZ019'()+_,-./:=?")
            let length = Int.random(in: 1...70, using: &numbers)
            boundary = String((0..<length).map { _ in letters.randomElement(using: &numbers) ?? "a" })
            for _ in 0..<Int.random(in: 0...6, using: &numbers) {
                let content = content(&numbers)
                let hasFile = Bool.random(using: &numbers)
                parts.append(
                    (
                        "name \(Int.random(in: 0...9, using: &numbers)) ü", hasFile ? "f\"ile.png" : nil,
                        hasFile ? "image/png; q=1" : nil, content
                    ))
            }
            write()
        }

        /// Random bytes with many line breaks, dashes and beginnings of the delimiter, but not the delimiter.
        private func content(_ numbers: inout Numbers) -> [UInt8] {
            let delimiter = Array("\r\n--\(boundary)".utf8)
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...40, using: &numbers) {
                switch Int.random(in: 0...3, using: &numbers) {
                case 0: bytes += delimiter.prefix(Int.random(in: 0..<delimiter.count, using: &numbers))
                case 1: bytes += [13, 10]
                default:
                    let count = Int.random(in: 0...50, using: &numbers)
                    bytes += (0..<count).map { _ in .random(in: 0...255, using: &numbers) }
                }
            }
            // Chance may have built it: then break it.
            while let range = bytes.firstRange(of: delimiter) { bytes[range.lowerBound] = 0 }
            // The content follows a line break of its own headers.
            if bytes.starts(with: delimiter.dropFirst(2)) { bytes[0] = 0 }
            return bytes
        }

        private mutating func write() {
            for part in parts {
                bytes.writeString("--\(boundary)\r\nContent-Disposition: form-data; name=\"\(part.name)\"")
                if let fileName = part.fileName {
                    bytes.writeString("; filename=\"\(fileName.replacing("\"", with: "\\\""))\"")
                }
                bytes.writeString("\r\n")
                if let type = part.type { bytes.writeString("content-type: \(type)\r\n") }
                bytes.writeString("\r\n")
                bytes.writeBytes(part.content)
                bytes.writeString("\r\n")
            }
            bytes.writeString("--\(boundary)--\r\n")
        }
    }

    @Test(arguments: [1, 7, 2_026] as [UInt64])
    func whatWasWrittenComesBackExactly(seed: UInt64) throws {
        var numbers = Numbers(state: seed)
        for round in 0..<100 {
            let form = Form(&numbers)
            let parts = try MultipartParser(boundary: form.boundary).parts(of: form.bytes)
            try #require(parts.count == form.parts.count, "seed \(seed), round \(round)")
            for (part, written) in zip(parts, form.parts) {
                try #require(part.name == written.name, "seed \(seed), round \(round)")
                try #require(part.fileName == written.fileName, "seed \(seed), round \(round)")
                try #require(part.contentType == written.type, "seed \(seed), round \(round)")
                let bytes = try #require(part.bytes(in: form.bytes))
                try #require(bytes == ByteBuffer(bytes: written.content), "seed \(seed), round \(round)")
            }
        }
    }

    @Test(arguments: [3, 11] as [UInt64])
    func noTruncationIsTakenForAWholeBody(seed: UInt64) throws {
        var numbers = Numbers(state: seed)
        for round in 0..<20 {
            let form = Form(&numbers)
            let parser = try MultipartParser(boundary: form.boundary)
            // Without its last line break alone a body is whole.
            let lengths = 0..<(form.bytes.readableBytes - 2)
            for length in (0..<30).compactMap({ _ in lengths.randomElement(using: &numbers) }) + lengths.suffix(80) {
                let cut = try #require(form.bytes.getSlice(at: 0, length: length))
                #expect(throws: HearthError.self, "seed \(seed), round \(round), length \(length)") {
                    _ = try parser.parts(of: cut)
                }
            }
        }
    }

    @Test(arguments: [5, 13] as [UInt64])
    func damagedBodiesAreReadWithinTheirBoundsOrRefused(seed: UInt64) throws {
        var numbers = Numbers(state: seed)
        for round in 0..<300 {
            let form = Form(&numbers)
            var bytes = Array(form.bytes.readableBytesView)
            for _ in 0..<Int.random(in: 1...6, using: &numbers) where !bytes.isEmpty {
                let index = Int.random(in: 0..<bytes.count, using: &numbers)
                switch Int.random(in: 0...2, using: &numbers) {
                case 0: bytes[index] = .random(in: 0...255, using: &numbers)
                case 1: bytes.remove(at: index)
                default: bytes.insert(contentsOf: [13, 10, 45, 45].shuffled(using: &numbers), at: index)
                }
            }
            let body = ByteBuffer(bytes: bytes)
            do {
                let parts = try MultipartParser(boundary: form.boundary).parts(of: body)
                var end = 0
                for part in parts {
                    try #require(part.range.lowerBound >= end, "seed \(seed), round \(round)")
                    end = part.range.upperBound
                }
                try #require(end <= bytes.count, "seed \(seed), round \(round)")
            } catch let error as HearthError {
                try #require(error.code == .invalidRequest, "seed \(seed), round \(round)")
            }
        }
    }
}
