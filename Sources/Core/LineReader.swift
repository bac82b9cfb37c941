import HearthJSON

package import struct Foundation.Data

/// Reads a text that arrives in pieces line by line, in time linear in its bytes, however it is cut.
///
/// ```swift
/// reader.append(piece)
/// while let line = reader.next() { … }
/// ```
/// A line ends with LF, CRLF or CR. One that is longer than the limit is passed over and not kept in memory meanwhile.
package struct LineReader: Sendable {
    /// A line without its end.
    package struct Line: Sendable, Equatable {
        /// Nil when the line is longer than the limit.
        package let bytes: Data?
        /// Offset of the line that follows.
        package let next: Int
    }

    /// Offset of the next line.
    package private(set) var position: Int
    private let limit: Int
    private var buffer = Data()
    /// Bytes of the buffer that were given out already: they are cut off with the next piece, not line by line.
    private var given = 0
    private var feed = Mark(UInt8(ascii: "\n"))
    private var carriage = Mark(UInt8(ascii: "\r"))
    private var isTooLong = false

    /// Where one of the two bytes that end lines comes next, so that each byte is looked at once for each of them.
    private struct Mark: Sendable {
        let byte: UInt8
        /// Offset in the buffer; nil: it is not among the bytes that were searched.
        var place: Int?
        /// Bytes of the buffer that were searched.
        var searched = 0

        init(_ byte: UInt8) { self.byte = byte }

        /// The first one at or behind an offset.
        mutating func next(in buffer: Data, from start: Int) -> Int? {
            if let place, place >= start { return place }
            let unknown = max(start, searched)..<buffer.count
            place = buffer.withUnsafeBytes { $0.firstOffset(of: byte, in: unknown) }
            searched = place.map { $0 + 1 } ?? buffer.count
            return place
        }

        /// The first bytes of the buffer are gone.
        mutating func shift(by count: Int) {
            place = place.flatMap { $0 >= count ? $0 - count : nil }
            searched = max(0, searched - count)
        }
    }

    /// - Parameters:
    ///   - position: the offset of the first byte that is appended.
    ///   - limit: bytes of a line, its end not counted.
    package init(from position: Int = 0, limit: Int) {
        self.position = position
        self.limit = limit
    }

    /// Adds the next bytes.
    package mutating func append(_ bytes: Data) {
        if given > 0 {
            buffer = Data(buffer.dropFirst(given))
            feed.shift(by: given)
            carriage.shift(by: given)
            given = 0
        }
        buffer.append(bytes)
    }

    /// The next line that has an end; nil when more bytes are needed.
    package mutating func next() -> Line? {
        let (feed, carriage) = (feed.next(in: buffer, from: given), carriage.next(in: buffer, from: given))
        guard let end = [feed, carriage].compactMap({ $0 }).min() else {
            let rest = buffer.count - given
            if rest > limit { passOver(rest) }
            return nil
        }
        guard end == carriage else { return line(end - given, endBytes: 1) }
        // What follows tells whether this CR ends the line alone.
        guard end + 1 < buffer.count else { return nil }
        return line(end - given, endBytes: feed == end + 1 ? 2 : 1)
    }

    /// What follows the end of the last line; nil when nothing does. Nothing can be appended then.
    package mutating func last() -> Line? {
        let rest = buffer.count - given
        guard rest > 0 || isTooLong else { return nil }
        let isEnded = buffer.last == carriage.byte
        return line(rest - (isEnded ? 1 : 0), endBytes: isEnded ? 1 : 0)
    }

    /// Gives out the next `count` bytes and whether they are too many, and passes the line's end.
    private mutating func line(_ count: Int, endBytes: Int) -> Line {
        let bytes = isTooLong || count > limit ? nil : buffer[given..<given + count]
        given += count + endBytes
        position += count + endBytes
        isTooLong = false
        return Line(bytes: bytes.map { Data($0) }, next: position)
    }

    /// Forgets the first bytes of a line that is too long: only its end is looked for.
    private mutating func passOver(_ count: Int) {
        buffer = Data()
        given = 0
        feed = Mark(feed.byte)
        carriage = Mark(carriage.byte)
        position += count
        isTooLong = true
    }
}
