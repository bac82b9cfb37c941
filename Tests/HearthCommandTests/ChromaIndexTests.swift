import Foundation
import HearthCore
import HearthTesting
import Testing

@testable import HearthCommand

/// The index files of another program, whose numbers may be anything.
@Suite struct ChromaIndexTests {
    /// Files of an index with one vector of two dimensions.
    private struct Files {
        let folder: TemporaryFolder

        init() throws {
            folder = try TemporaryFolder()
            // {"id_to_label": {"a": 7}}, protocol 2.
            var pickle = Data([0x80, 2])
            for part in ["}X\u{B}\0\0\0", "id_to_label", "}X\u{1}\0\0\0", "aK\u{7}", "ss."] {
                pickle += Data(part.utf8)
            }
            try write(pickle, "index_metadata.pickle")
            try write(Self.header(sizes: [0, 1, 1, 20, 12, 4]), "header.bin")
            try write(Self.element, "data_level0.bin")
        }

        /// Four bytes of links, the vector (1, 2), the label 7.
        static let element: Data = {
            var element = Data(count: 4)
            for value in [Float(1), 2] { withUnsafeBytes(of: value.bitPattern.littleEndian) { element += Data($0) } }
            withUnsafeBytes(of: UInt64(7).littleEndian) { element += Data($0) }
            return element
        }()

        static func header(sizes: [UInt64]) -> Data {
            var header = Data([1, 0, 0, 0])
            for size in sizes { withUnsafeBytes(of: size.littleEndian) { header += Data($0) } }
            return header
        }

        func write(_ bytes: Data, _ name: String) throws {
            try bytes.write(to: URL(fileURLWithPath: folder.file(name)))
        }

        func open(dims: Int = 2) throws -> ChromaIndex {
            try ChromaIndex(path: folder.path, dims: dims)
        }
    }

    @Test func aVectorIsFoundByItsLabel() throws {
        #expect(try Files().open().vector(of: "a") == [1, 2])
    }

    @Test func anyNumberOfTheHeaderMayBeAnyOther() throws {
        let files = try Files()
        try Files.header(sizes: [0, 1, 1, 20, 12, 4]).withExtremeNumbers { copy, place in
            try files.write(copy, "header.bin")
            do {
                _ = try files.open().vector(of: "a")
            } catch let error as HearthError {
                #expect(error.code == .invalidRequest, "\(place)")
            }
        }
        try files.write(Files.header(sizes: [0, 1, 1, 20, 12, 4]), "header.bin")
        for dims in [0, -1, Int.max, Int.max / 4, Int.min] {
            #expect(throws: HearthError.self) { try files.open(dims: dims) }
        }
    }

    @Test func aPickleMayBeAnything() throws {
        let files = try Files()
        let pickle = try Data(contentsOf: URL(fileURLWithPath: files.folder.file("index_metadata.pickle")))
        try pickle.withExtremeNumbers { copy, place in
            try files.write(copy, "index_metadata.pickle")
            do {
                _ = try files.open().vector(of: "a")
            } catch let error as HearthError {
                #expect(error.code == .invalidRequest, "\(place)")
            }
        }
    }
}
