import Foundation
import HearthCore
import HearthJSON

/// Reads the few kinds of values that Chroma pickles: dictionaries, texts, numbers, None. It runs nothing: whatever
/// else a pickle may ask for (classes, calls) is refused.
///
/// The opcodes are those of Python's `pickletools`, protocols 2 to 4.
struct PickleReader {
    private enum Item {
        case value(JSONValue)
        case mark
    }

    private var bytes: Data
    private var position: Data.Index
    private var stack: [Item] = []

    private init(_ bytes: Data) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    /// - Throws: ``HearthError`` `invalid_request`.
    static func read(_ bytes: Data) throws(HearthError) -> JSONValue {
        var reader = PickleReader(bytes)
        return try reader.run()
    }

    private mutating func run() throws(HearthError) -> JSONValue {
        while true {
            switch try byte() {
            case 0x80: _ = try byte()  // the protocol
            case 0x95: _ = try number(8)  // the length of a frame
            case UInt8(ascii: "}"): push(.object(JSONObject()))
            case UInt8(ascii: "("): stack.append(.mark)
            case UInt8(ascii: "N"): push(.null)
            case 0x88: push(.bool(true))
            case 0x89: push(.bool(false))
            case UInt8(ascii: "X"): push(.string(try text(try number(4))))
            case 0x8C: push(.string(try text(try number(1))))
            case UInt8(ascii: "J"): push(.int(Int64(Int32(truncatingIfNeeded: try number(4)))))
            case UInt8(ascii: "K"): push(.int(Int64(try number(1))))
            case UInt8(ascii: "M"): push(.int(Int64(try number(2))))
            case 0x8A: push(.int(try long()))
            case 0x94: break  // memoised, and never asked for again but by `h`, which is refused
            case UInt8(ascii: "q"): _ = try byte()
            case UInt8(ascii: "r"): _ = try number(4)
            case UInt8(ascii: "s"):
                let (value, key) = (try pop(), try pop())
                try insert([key, value])
            case UInt8(ascii: "u"): try insert(try popToMark())
            case UInt8(ascii: "."): return try pop()
            default: throw Self.unknown
            }
        }
    }

    private mutating func push(_ value: JSONValue) { stack.append(.value(value)) }

    private mutating func pop() throws(HearthError) -> JSONValue {
        guard case .value(let value) = stack.popLast() else { throw Self.unknown }
        return value
    }

    private mutating func popToMark() throws(HearthError) -> [JSONValue] {
        var values: [JSONValue] = []
        while let item = stack.popLast() {
            guard case .value(let value) = item else { return values.reversed() }
            values.append(value)
        }
        throw Self.unknown
    }

    /// Puts keys and values, in turn, into the dictionary below them.
    private mutating func insert(_ items: [JSONValue]) throws(HearthError) {
        guard items.count.isMultiple(of: 2), var object = try pop().objectValue else { throw Self.unknown }
        for index in stride(from: 0, to: items.count, by: 2) {
            switch items[index] {
            case .string(let key): object[key] = items[index + 1]
            case .int(let key): object[String(key)] = items[index + 1]
            default: throw Self.unknown
            }
        }
        push(.object(object))
    }

    private mutating func byte() throws(HearthError) -> UInt8 {
        guard position < bytes.endIndex else { throw Self.unknown }
        defer { position += 1 }
        return bytes[position]
    }

    /// A little-endian number of so many bytes.
    private mutating func number(_ count: Int) throws(HearthError) -> Int {
        var number = 0
        for place in 0..<count { number |= Int(try byte()) << (8 * place) }
        return number
    }

    private mutating func long() throws(HearthError) -> Int64 {
        let count = try number(1)
        guard count <= 8 else { throw Self.unknown }
        guard count > 0 else { return 0 }
        let shift = 64 - 8 * count
        return (Int64(truncatingIfNeeded: try number(count)) << shift) >> shift
    }

    private mutating func text(_ length: Int) throws(HearthError) -> String {
        guard length >= 0, length <= bytes.endIndex - position,
            let text = String(validating: bytes[position..<position + length], as: UTF8.self)
        else { throw Self.unknown }
        position += length
        return text
    }

    private static var unknown: HearthError { ChromaIndex.unknown("a pickle of another kind") }
}
