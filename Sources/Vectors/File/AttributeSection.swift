/// The attributes of a segment: a directory of columns, then each column's kinds, values and texts.
///
/// Layout, all numbers 64-bit: columns; for each offset and length of its key, offset of its kinds (a byte a row), of
/// its values (8 bytes a row), of its texts' ends, and how many texts there are; the texts are ordered by their bytes,
/// and each ends where its entry says, from the byte behind the last entry on. Offsets count from the section's start.
enum AttributeSection {
    private static let fields = 6

    /// The section of some columns.
    static func encode(_ columns: [String: AttributeColumn], rows: Int) -> [UInt8] {
        guard !columns.isEmpty else { return [] }
        var bytes = [UInt8](repeating: 0, count: 8 + columns.count * fields * 8)
        func put(_ value: Int, at place: Int) {
            withUnsafeBytes(of: UInt64(value).littleEndian) { bytes.replaceSubrange(place..<place + 8, with: $0) }
        }
        func align() {
            while bytes.count % 8 != 0 { bytes.append(0) }
        }
        put(columns.count, at: 0)
        for (index, key) in columns.keys.sorted().enumerated() {
            guard let column = columns[key] else { continue }
            let entry = 8 + index * fields * 8
            put(bytes.count, at: entry)
            put(key.utf8.count, at: entry + 8)
            bytes.append(contentsOf: key.utf8)
            align()
            let (texts, numbers) = sortedTexts(of: column)
            put(bytes.count, at: entry + 16)
            for row in 0..<rows { bytes.append(row < column.count ? column.kinds[row] : 0) }
            align()
            put(bytes.count, at: entry + 24)
            for row in 0..<rows {
                let isText = row < column.count && column.kinds[row] == AttributeColumn.Kind.text.rawValue
                let value = row < column.count ? column.values[row] : 0
                let stored = isText ? numbers[value] ?? 0 : value
                withUnsafeBytes(of: stored.littleEndian) { bytes.append(contentsOf: $0) }
            }
            put(bytes.count, at: entry + 32)
            put(texts.count, at: entry + 40)
            var end: UInt64 = 0
            for text in texts {
                end += UInt64(text.utf8.count)
                withUnsafeBytes(of: end.littleEndian) { bytes.append(contentsOf: $0) }
            }
            for text in texts { bytes.append(contentsOf: text.utf8) }
            align()
        }
        return bytes
    }

    /// The texts that rows have, in the order of their bytes, and their new numbers by the old ones.
    private static func sortedTexts(of column: AttributeColumn) -> ([String], [UInt64: UInt64]) {
        var used: Set<UInt64> = []
        for row in 0..<column.count where column.kinds[row] == AttributeColumn.Kind.text.rawValue {
            used.insert(column.values[row])
        }
        let texts = used.compactMap { code in column.text(code).map { (code, $0) } }
            .sorted { $0.1.utf8.lexicographicallyPrecedes($1.1.utf8) }
        var numbers: [UInt64: UInt64] = [:]
        for (number, text) in texts.enumerated() { numbers[text.0] = UInt64(number) }
        return (texts.map(\.1), numbers)
    }

    /// Reads a section in place.
    /// - Throws: ``ScanFileError`` `damaged` when something would lie outside of it.
    static func read(_ section: UnsafeRawBufferPointer, rows: Int) throws -> [String: AttributeColumn] {
        guard !section.isEmpty else { return [:] }
        func number(_ place: Int) throws -> Int {
            guard place >= 0, place <= section.count - 8,
                let value = Int(
                    exactly: UInt64(littleEndian: section.loadUnaligned(fromByteOffset: place, as: UInt64.self)))
            else { throw ScanFileError.damaged("attributes") }
            return value
        }
        func bytes(_ place: Int, _ count: Int) throws -> UnsafeRawBufferPointer {
            guard place >= 0, count >= 0, count <= section.count, place <= section.count - count else {
                throw ScanFileError.damaged("attributes")
            }
            return UnsafeRawBufferPointer(rebasing: section[place..<place + count])
        }
        var columns: [String: AttributeColumn] = [:]
        let count = try number(0)
        guard count <= section.count / (fields * 8) else { throw ScanFileError.damaged("attributes") }
        for index in 0..<count {
            let entry = 8 + index * fields * 8
            let key = String(decoding: try bytes(number(entry), number(entry + 8)), as: UTF8.self)
            let kinds = try bytes(number(entry + 16), rows)
            let values = try bytes(number(entry + 24), rows * 8)
            let textCount = try number(entry + 40)
            guard textCount <= section.count / 8 else { throw ScanFileError.damaged("attributes") }
            let ends = try bytes(number(entry + 32), textCount * 8)
            let total = textCount == 0 ? 0 : try number(number(entry + 32) + textCount * 8 - 8)
            let texts = TextList(
                ends: ends, bytes: try bytes(number(entry + 32) + textCount * 8, total), count: textCount)
            guard let kinds = kinds.baseAddress, let values = values.baseAddress else { continue }
            columns[key] = AttributeColumn(
                count: rows, kinds: kinds.assumingMemoryBound(to: UInt8.self),
                values: values.assumingMemoryBound(to: UInt64.self), code: texts.number(of:), text: texts.text)
        }
        return columns
    }

    /// Different texts in the order of their bytes.
    private struct TextList {
        let ends: UnsafeRawBufferPointer
        let bytes: UnsafeRawBufferPointer
        let count: Int

        func text(_ number: UInt64) -> String? {
            number < UInt64(count) ? String(decoding: slice(Int(number)), as: UTF8.self) : nil
        }

        func number(of text: String) -> UInt64? {
            var (low, high) = (0, count)
            while low < high {
                let middle = (low + high) / 2
                if slice(middle).lexicographicallyPrecedes(text.utf8) { low = middle + 1 } else { high = middle }
            }
            return low < count && slice(low).elementsEqual(text.utf8) ? UInt64(low) : nil
        }

        private func slice(_ number: Int) -> UnsafeRawBufferPointer.SubSequence {
            let begin = number == 0 ? 0 : end(number - 1)
            return bytes[min(begin, bytes.count)..<max(min(begin, bytes.count), min(end(number), bytes.count))]
        }

        private func end(_ number: Int) -> Int {
            Int(clamping: UInt64(littleEndian: ends.loadUnaligned(fromByteOffset: number * 8, as: UInt64.self)))
        }
    }
}
