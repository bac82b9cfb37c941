import HearthJSON

package import struct Foundation.Data

/// Reads a text that arrives in pieces line by line, in time linear in its bytes, however it is cut.
///
/// ```swift
/// reader.append(piece)
/// while let line = reader.next() { … }
/// ```
/// A line ends with LF or CRLF. One that is longer than the limit is passed over and not kept in memory meanwhile.
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
    /// Bytes behind them that have no line's end among them.
    private var searched = 0
    private var isTooLong = false

    /// - Parameters:
    ///   - position: the offset of the first byte that is appended.
    ///   - limit: bytes of a line, a CR before its LF counted.
    package init(from position: Int = 0, limit: Int) {
        self.position = position
        self.limit = limit
    }

    /// Adds the next bytes.
    package mutating func append(_ bytes: Data) {
        if given > 0 {
            buffer = Data(buffer.dropFirst(given))
            given = 0
        }
        buffer.append(bytes)
    }

    /// The next line that has an end; nil when more bytes are needed.
    package mutating func next() -> Line? {
        let rest = buffer.count - given
        let unknown = given + searched..<buffer.count
        guard let end = buffer.withUnsafeBytes({ $0.firstOffset(of: UInt8(ascii: "\n"), in: unknown) }) else {
            searched = rest
            if rest > limit { passOver(rest) }
            return nil
        }
        return line(end - given, endBytes: 1)
    }

    /// What follows the end of the last line; nil when nothing does. Nothing can be appended then.
    package mutating func last() -> Line? {
        let rest = buffer.count - given
        guard rest > 0 || isTooLong else { return nil }
        return line(rest, endBytes: 0)
    }

    /// Gives out the next `count` bytes and whether they are too many, and passes the line's end.
    private mutating func line(_ count: Int, endBytes: Int) -> Line {
        let bytes = isTooLong || count > limit ? nil : buffer[given..<given + count]
        given += count + endBytes
        position += count + endBytes
        searched = 0
        isTooLong = false
        return Line(bytes: bytes.map { Data($0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0) }, next: position)
    }

    /// Forgets the first bytes of a line that is too long: only its end is looked for.
    private mutating func passOver(_ count: Int) {
        buffer = Data()
        given = 0
        searched = 0
        position += count
        isTooLong = true
    }
}
