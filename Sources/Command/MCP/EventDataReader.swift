import Foundation

/// The data of the events of a stream (WHATWG HTML, section 9.2), from its bytes as they come.
struct EventDataReader {
    /// The stream holds more than may be kept.
    struct TooLong: Error {}

    private var line = Data()
    private var data: Data?
    private let limit: Int

    /// - Parameter limit: bytes of one event.
    init(limit: Int) { self.limit = limit }

    /// The data of the events that end with these bytes.
    /// - Throws: ``TooLong``.
    mutating func take(_ bytes: some Collection<UInt8>) throws(TooLong) -> [Data] {
        var events: [Data] = []
        var rest = bytes[...]
        // Our own server ends lines by LF, with or without a CR in front of it.
        while let end = rest.firstIndex(of: 0x0A) {
            try append(rest[..<end])
            rest = rest[rest.index(after: end)...]
            if let event = try endLine() { events.append(event) }
        }
        try append(rest)
        return events
    }

    private mutating func append(_ bytes: some Collection<UInt8>) throws(TooLong) {
        guard line.count + bytes.count <= limit else { throw TooLong() }
        line.append(contentsOf: bytes)
    }

    /// - Returns: the data of an event that ends with this line.
    private mutating func endLine() throws(TooLong) -> Data? {
        defer { line.removeAll(keepingCapacity: true) }
        if line.last == 0x0D { line.removeLast() }
        guard !line.isEmpty else {
            defer { data = nil }
            return data
        }
        guard let value = Self.dataValue(line) else { return nil }
        guard (data?.count ?? 0) + value.count <= limit else { throw TooLong() }
        data = data.map { $0 + [0x0A] + value } ?? value
        return nil
    }

    /// What stands behind `data:`; nil for another field, and for a comment.
    private static func dataValue(_ line: Data) -> Data? {
        let name = Data("data:".utf8)
        guard line.starts(with: name) else { return nil }
        let value = line.dropFirst(name.count)
        return Data(value.first == 0x20 ? value.dropFirst() : value)
    }
}
