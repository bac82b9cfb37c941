/// A write of an index to its file, in three steps: what is to be written is fixed while no other task uses the index,
/// it is written while searches go on, and the index then reads from the file.
package struct SegmentPlan: @unchecked Sendable {
    // Unchecked: pieces of the tail in it are frozen, and segments are mapped once more for the writer.
    private let contents: SegmentContents
    /// The index's own pieces, in the order of the contents.
    private let sources: [SegmentContents.Source]
    private let dead: [(ordinal: Int, row: Int)]
    private let isWhole: Bool
    private let file: ScanFile?
    private let cipher: (any ScanCipher)?

    /// What was written.
    package struct Written: Sendable {
        let segment: SegmentRows
        let file: ScanFile
    }

    /// Fixes what is to be written: the tail as one more segment of the index's file, or all as a file of its own.
    /// - Throws: ``ScanFileError``.
    package init(_ index: ResidentIndex, isWhole: Bool) throws {
        let isWhole = isWhole || index.file == nil
        let (parts, dead) = index.freeze()
        sources = parts.filter { isWhole || $0.ordinal == nil }.map { part in
            SegmentContents.Source(rows: part.rows, kept: part.live.rows)
        }
        do {
            let read = try sources.map { source in
                SegmentContents.Source(
                    rows: try (source.rows as? SegmentRows)?.another() ?? source.rows, kept: source.kept)
            }
            contents = SegmentContents(
                name: index.name, dims: index.dims, metric: index.metric, version: index.version, sources: read,
                dead: isWhole ? [] : dead)
        } catch {
            index.giveBack(dead)
            throw error
        }
        self.dead = dead
        self.isWhole = isWhole
        cipher = index.cipher
        file = isWhole ? nil : index.file
    }

    /// Writes; when this returns it is on disk under the collection's name.
    /// - Parameters:
    ///   - path: of the collection's file.
    ///   - aside: where a whole file is written before it takes that name.
    /// - Throws: ``ScanFileError``; the file is then as it was.
    package func write(to path: String, aside: String) throws -> Written {
        if let file { return Written(segment: try file.append(contents), file: file) }
        let file = try ScanFile(making: aside, cipher: cipher)
        let segment = try file.append(contents)
        try file.publish(as: path)
        return Written(segment: segment, file: file)
    }

    /// Lets the index read from what was written, or keep what could not be.
    package func finish(_ result: Result<Written, any Error>, in index: ResidentIndex) {
        switch result {
        case .success(let written):
            index.replace(sources, with: written.segment, of: written.file, isWhole: isWhole)
        case .failure:
            index.giveBack(dead)
        }
    }
}

extension ResidentIndex {
    /// Opens an index from its file.
    /// - Parameter cipher: of a sealed file.
    /// - Returns: nil when there is no file.
    /// - Throws: ``ScanFileError`` `damaged` when the file is not one of this collection.
    package static func open(
        _ path: String, name: String, dims: Int, metric: VectorMetric, cipher: (any ScanCipher)? = nil
    ) throws -> ResidentIndex? {
        let opened = try ScanFile.open(path, name: name, dims: dims, metric: metric, cipher: cipher)
        guard let (file, segments) = opened else { return nil }
        let index = ResidentIndex(name: name, dims: dims, metric: metric, cipher: cipher)
        try index.adopt(file, segments)
        return index
    }

    /// Segments of the file.
    package var segments: Int { file?.segments ?? 0 }
    /// Bytes of the file; 0 when there is none.
    package var fileBytes: Int { file?.end ?? 0 }
    /// Whether the file lacks something.
    package var hasUnwritten: Bool { !unwritten.isEmpty || tailBytes > 0 }
}
