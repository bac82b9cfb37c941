import Foundation
import HearthCore
import HearthTesting
import Testing

@testable import HearthCollections

/// NumPy's files are read exactly, in whatever pieces they come, and nothing else is taken for one.
@Suite struct ArrayRowsTests {
    private func file(_ rows: [[Float]], dims: Int, _ element: ArrayHeader.Element = .float32) -> [UInt8] {
        var bytes = ArrayHeader(element: element, rows: rows.count, dims: dims).bytes
        for value in rows.joined() {
            switch element {
            case .float16: withUnsafeBytes(of: Self.half(value).littleEndian) { bytes += $0 }
            case .float32: withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
            case .float64: withUnsafeBytes(of: Double(value).bitPattern.littleEndian) { bytes += $0 }
            }
        }
        return bytes
    }

    /// The binary16 of a number that has one: sign, exponent and ten bits of fraction.
    private static func half(_ value: Float) -> UInt16 {
        let bits = value.bitPattern
        let exponent = Int(bits >> 23 & 0xFF) - 112
        guard value != 0, exponent > 0 else { return UInt16(bits >> 16 & 0x8000) }
        return UInt16(bits >> 16 & 0x8000) | UInt16(exponent << 10) | UInt16(bits >> 13 & 0x3FF)
    }

    @Test func anyNumberOfAFileMayBeAnyOther() throws {
        let whole = file([[1, 2], [3, 4]], dims: 2)
        func check(_ copy: some Sequence<UInt8>) throws {
            var rows = ArrayRows()
            rows.append(copy)
            do {
                while let row = try rows.next() { #expect(row.count <= Limits.vectorDims) }
                try rows.finish()
            } catch {
                #expect(error.code == .invalidRequest)
            }
        }
        try Data(whole).withExtremeNumbers { copy, _ in try check(copy) }
        let header = String(decoding: whole[10...], as: UTF8.self)
        for number in ["0", "999999999999999", "9223372036854775807", "18446744073709551616", "-1"] {
            for shape in ["(\(number), 2)", "(2, \(number))", "(\(number), \(number))"] {
                try check(Array(whole.prefix(10)) + Array(header.replacing("(2, 2)", with: shape).utf8))
            }
        }
    }

    /// Reads a file in random pieces.
    private func read(_ bytes: [UInt8], _ random: inout RepeatableRandom) throws -> [[Float]] {
        var rows = ArrayRows()
        var found: [[Float]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Int.random(in: 1...200, using: &random))
            rest = rest.dropFirst(piece.count)
            rows.append(piece)
            while let row = try rows.next() { found.append(row) }
        }
        try rows.finish()
        return found
    }

    @Test(arguments: RepeatableRandom.seeds(6), ArrayHeader.Element.allCases)
    func whatWasWrittenComesBackExactly(seed: UInt64, element: ArrayHeader.Element) throws {
        var random = RepeatableRandom(seed: seed)
        for _ in 0..<20 {
            let dims = Int.random(in: 1...40, using: &random)
            // Multiples of 1/64 below 8 are exact in every one of the types.
            let rows = (0..<Int.random(in: 0...30, using: &random)).map { _ in
                (0..<dims).map { _ in Float(Int.random(in: -512...512, using: &random)) / 64 }
            }
            #expect(try read(file(rows, dims: dims, element), &random) == rows, "seed \(seed)")
        }
    }

    @Test func halvesAreReadByTheBook() throws {
        let cases: [(UInt16, Float)] = [
            (0x3C00, 1), (0xC000, -2), (0x7BFF, 65_504), (0x0001, 0x1p-24), (0x03FF, 0x1.FF8p-15), (0x0400, 0x1p-14),
            (0x3555, 0.333251953125), (0x7C00, .infinity), (0x8000, -0.0),
        ]
        var bytes = ArrayHeader(element: .float16, rows: 1, dims: cases.count).bytes
        for (bits, _) in cases { withUnsafeBytes(of: bits.littleEndian) { bytes += $0 } }
        var rows = ArrayRows()
        rows.append(bytes)
        #expect(try rows.next() == cases.map(\.1))
    }

    @Test func pythonsOwnHeadersAreRead() throws {
        let headers = [
            "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }",
            "{\"shape\":(3,2),\"descr\":\"<f4\",\"fortran_order\":False}",
            "{'descr': '<f4', 'shape': (3, 2,), 'fortran_order': False}\n",
        ]
        for header in headers {
            for version in [1, 2, 3] as [UInt8] {
                let length = header.utf8.count
                let size: [UInt8] = [UInt8(length & 0xFF), UInt8(length >> 8)] + (version == 1 ? [] : [0, 0])
                let bytes = [0x93] + Array("NUMPY".utf8) + [version, 0] + size + Array(header.utf8)
                let read = try #require(try ArrayHeader.read(bytes))
                #expect(read.header == ArrayHeader(element: .float32, rows: 3, dims: 2))
                #expect(read.length == bytes.count)
            }
        }
    }

    @Test(arguments: [
        "{'descr': '>f4', 'fortran_order': False, 'shape': (3, 2)}",
        "{'descr': '<f4', 'fortran_order': True, 'shape': (3, 2)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 0)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 9999)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 2)}",
        "{'descr': '<f4', 'fortran_order': False}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (3, 2)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2)} x", "", "{", "{'a",
    ])
    func otherHeadersAreRefused(header: String) {
        let length = header.utf8.count
        let bytes = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length), 0] + Array(header.utf8)
        #expect(throws: HearthError.self) { _ = try ArrayHeader.read(bytes + (bytes.count < 12 ? [0, 0] : [])) }
    }

    @Test func aFileThatIsCutOrTooLongIsRefused() throws {
        var random = RepeatableRandom(seed: 3)
        let whole = file([[1, 2], [3, 4]], dims: 2)
        for cut in 0..<whole.count {
            #expect(throws: HearthError.self, "\(cut) bytes") { _ = try read(Array(whole.prefix(cut)), &random) }
        }
        #expect(throws: HearthError.self) { _ = try read(whole + [0], &random) }
    }

    @Test(arguments: RepeatableRandom.seeds(8))
    func damagedFilesAreReadWithinTheirBoundsOrRefused(seed: UInt64) throws {
        var random = RepeatableRandom(seed: seed)
        for round in 0..<500 {
            var bytes = file([[1, 2, 3], [4, 5, 6]], dims: 3)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<min(bytes.count, 90), using: &random)
                bytes[index] = random.chance(50) ? .random(in: 0...255, using: &random) : bytes[index] ^ 1
            }
            do {
                _ = try read(bytes, &random)
            } catch let error as HearthError {
                #expect(error.code == .invalidRequest, "seed \(seed), round \(round)")
            }
        }
    }
}
