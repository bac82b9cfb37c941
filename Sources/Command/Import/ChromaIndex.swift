import Foundation
import HearthCore
import HearthJSON

/// The index files of a segment: vectors by label (hnswlib's `saveIndex`, one file a part), labels by id (a pickle).
struct ChromaIndex: Sendable {
    static let advice = "Start `chroma run --path FOLDER` and import from its address."

    /// The newest entry of the queue that reached the index, where the pickle says so.
    let reached: Int64?
    private let offsets: [String: Int]
    private let level0: Data
    private let dims: Int

    /// - Throws: ``HearthError`` `invalid_request` when the files are of another version or do not fit together.
    init(path: String, dims: Int) throws {
        self.dims = dims
        let note = try PickleReader.read(Self.file("\(path)/index_metadata.pickle"))
        guard let labels = note["id_to_label"]?.objectValue else { throw Self.unknown("the list of labels") }
        reached = note["max_seq_id"]?.integerValue
        let header = try Self.file("\(path)/header.bin")
        level0 = try Self.file("\(path)/data_level0.bin")
        // A version, then sizes: offset of level 0, capacity, count, bytes of an element, of its label, of its vector.
        guard header.count >= 52, header.integer(at: 0, UInt32.self) == 1 else { throw Self.unknown("the header") }
        let sizes = (0..<6).map { Int(truncatingIfNeeded: header.integer(at: 4 + $0 * 8, UInt64.self)) }
        let (count, size, label, vector) = (sizes[2], sizes[3], sizes[4], sizes[5])
        // Each may be any number of 64 bits: they are subtracted from the largest, which cannot overflow.
        guard sizes[0] == 0, count >= 0, size >= 8, (0...Limits.vectorDims).contains(dims), label == size - 8,
            vector == label - dims * 4, vector >= 0, count <= level0.count / size
        else { throw Self.unknown("the layout of vectors") }
        var places: [UInt64: Int] = [:]
        for element in 0..<count {
            places[level0.integer(at: element * size + label, UInt64.self)] = element * size + vector
        }
        var offsets: [String: Int] = [:]
        for member in labels.members {
            guard let number = member.value.integerValue, let place = places[UInt64(bitPattern: number)] else {
                throw Self.unknown("a label without a vector")
            }
            offsets[member.key] = place
        }
        self.offsets = offsets
    }

    func has(_ id: String) -> Bool { offsets[id] != nil }

    func vector(of id: String) -> [Float]? {
        guard let offset = offsets[id] else { return nil }
        let start = level0.startIndex + offset
        return level0[start..<start + dims * 4].littleEndianFloats
    }

    private static func file(_ path: String) throws -> Data {
        do {
            return try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
        } catch {
            throw HearthError(.invalidRequest, "The file \(path) cannot be read.", hint: advice, cause: error)
        }
    }

    static func unknown(_ what: String) -> HearthError {
        HearthError(.invalidRequest, "The index files of this folder cannot be read: \(what).", hint: advice)
    }
}

extension Data {
    /// A little-endian number at an offset that is known to be inside.
    fileprivate func integer<Number: FixedWidthInteger>(at offset: Int, _ type: Number.Type) -> Number {
        withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: type)) }
    }
}
