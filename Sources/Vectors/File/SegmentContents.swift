import CVectors

/// What a segment is to hold: rows picked from pieces of an index.
// Unchecked: a writer gets pieces that are not changed any more, or mapped once more for it alone.
struct SegmentContents: @unchecked Sendable {
    /// A piece, and which of its rows are taken, in order.
    struct Source {
        let rows: any IndexRows
        let kept: [Int]
    }

    let name: String
    let dims: Int
    let metric: VectorMetric
    let version: Int64
    let sources: [Source]
    /// Rows of earlier segments that do not count any more.
    let dead: [(ordinal: Int, row: Int)]

    var count: Int { sources.reduce(0) { $0 + $1.kept.count } }

    /// Writes the segment; when this returns it is whole and on disk.
    /// - Parameter cipher: seals it; nil: it is written as it is.
    func write(
        to descriptor: Int32, at start: Int, mark: UInt64, ordinal: Int, cipher: (any ScanCipher)?
    ) throws -> SegmentHeader {
        var header = SegmentHeader()
        header.mark = mark
        header.ordinal = ordinal
        header.version = version
        header.dims = dims
        header.metric = metric
        header.name = name
        header.rows = count
        header.ownersAreItems = sources.allSatisfy(\.rows.ownersAreItems)
        let seal = cipher.map { SegmentSeal(cipher: $0, name: name, mark: mark, ordinal: ordinal) }
        var writer = SegmentWriter(SegmentTarget(descriptor, start: start, seal: seal))
        try writeMatrix(&writer, &header)
        try writeTexts(&writer, &header)
        let builders = try columns()
        // The columns point into their builders.
        let attributes = withExtendedLifetime(builders) {
            AttributeSection.encode(builders.mapValues(\.column), rows: header.rows)
        }
        header[.attributes] = try writer.section { try $0.write(attributes) }
        header[.dead] = try writer.section { writer in
            for row in dead { try writer.write(UInt64(row.ordinal) << 32 | UInt64(row.row)) }
        }
        try writer.finish(&header)
        return header
    }

    private func writeMatrix(_ writer: inout SegmentWriter, _ header: inout SegmentHeader) throws {
        for source in sources { try source.rows.verifyCodes() }
        var scales: [Float] = []
        scales.reserveCapacity(header.rows)
        header[.codes] = try writer.section(alignment: SegmentHeader.bytes) { writer in
            for source in sources { try writeCodes(of: source, &writer, &scales, &header.bounds) }
        }
        header[.scales] = try writer.section { writer in
            for scale in scales { try writer.write(scale.bitPattern) }
        }
        header[.biases] = try writer.section { writer in
            guard metric == .euclidean else { return }
            try eachRow { view, row in try writer.write((view.matrix.biases?[row] ?? 0).bitPattern) }
        }
        header[.vectors] = try writer.section(alignment: SegmentHeader.bytes) { writer in
            for source in sources {
                let view = source.rows.view(firstRow: 0)
                for row in source.kept {
                    try source.rows.verifyVectors(row..<row + 1)
                    let floats = UnsafeBufferPointer(start: view.matrix.vectors.map { $0 + row * dims }, count: dims)
                    try writer.write(UnsafeRawBufferPointer(floats))
                }
            }
        }
    }

    /// Writes the codes of a piece; those of which no bounds are known are made of the floats once more.
    private func writeCodes(
        of source: Source, _ writer: inout SegmentWriter, _ scales: inout [Float], _ bounds: inout RowBounds?
    ) throws {
        let (stride, view) = (QuantisedMatrixView.stride(dims: dims), source.rows.view(firstRow: 0))
        if let known = view.bounds {
            bounds.formUnion(known)
            for row in source.kept {
                try writer.write(UnsafeRawBufferPointer(start: view.matrix.codes + row * stride, count: stride))
                scales.append(view.matrix.scales[row])
            }
            return
        }
        guard let vectors = view.matrix.vectors else { return }
        let codes = UnsafeMutablePointer<UInt8>.allocate(capacity: stride)
        defer { codes.deallocate() }
        for row in source.kept {
            try source.rows.verifyVectors(row..<row + 1)
            let quantised = QuantisedMatrixView.quantise(vectors + row * dims, dims: dims, into: codes)
            bounds.formUnion(RowBounds(quantised))
            try writer.write(UnsafeRawBufferPointer(start: codes, count: stride))
            scales.append(quantised.scale)
        }
    }

    private func writeTexts(_ writer: inout SegmentWriter, _ header: inout SegmentHeader) throws {
        var items: [String] = []
        items.reserveCapacity(header.rows)
        for source in sources { for row in source.kept { items.append(try source.rows.item(row)) } }
        (header[.itemOffsets], header[.itemBytes]) = try write(items, &writer)
        var owners: [String] = []
        if !header.ownersAreItems {
            for source in sources { for row in source.kept { owners.append(try source.rows.owner(row)) } }
            (header[.ownerOffsets], header[.ownerBytes]) = try write(owners, &writer)
        } else {
            header[.ownerOffsets] = try writer.section { _ in }
            header[.ownerBytes] = header[.ownerOffsets]
        }
        header[.slots] = try writer.section { writer in
            for slot in Self.slots(of: items) { try writer.write(slot) }
        }
    }

    private func write(_ texts: [String], _ writer: inout SegmentWriter) throws -> (Range<Int>, Range<Int>) {
        let offsets = try writer.section { writer in
            var offset: UInt64 = 0
            try writer.write(offset)
            for text in texts {
                offset += UInt64(text.utf8.count)
                try writer.write(offset)
            }
        }
        let bytes = try writer.section { writer in
            for var text in texts { try text.withUTF8 { try writer.write(UnsafeRawBufferPointer($0)) } }
        }
        return (offsets, bytes)
    }

    /// Places of items by the hash of their ids: half of a hash, and the row + 1; linear probing, half empty at least.
    private static func slots(of items: [String]) -> [UInt64] {
        guard !items.isEmpty else { return [] }
        var count = 2
        while count < items.count * 2 { count *= 2 }
        var slots = [UInt64](repeating: 0, count: count)
        for (row, item) in items.enumerated() {
            var item = item
            let hash = item.withUTF8 { XXHash64.checksum(UnsafeRawBufferPointer($0)) }
            var slot = Int(truncatingIfNeeded: hash) & (count - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (count - 1) }
            slots[slot] = (hash & 0xFFFF_FFFF_0000_0000) | UInt64(row + 1)
        }
        return slots
    }

    /// The attributes of the rows that are taken, in their new order.
    private func columns() throws -> [String: AttributeColumnBuilder] {
        var builders: [String: AttributeColumnBuilder] = [:]
        var first = 0
        for source in sources {
            for (key, column) in try source.rows.columns() {
                for (place, row) in source.kept.enumerated() {
                    guard let value = column.value(row) else { continue }
                    let builder = builders[key] ?? AttributeColumnBuilder()
                    builder.set(value, row: first + place)
                    builders[key] = builder
                }
            }
            first += source.kept.count
        }
        return builders
    }

    private func eachRow(_ body: (QuantisedMatrixView, Int) throws -> Void) throws {
        for source in sources {
            let view = source.rows.view(firstRow: 0)
            for row in source.kept { try body(view, row) }
        }
    }
}
