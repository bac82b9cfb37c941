/// GPT-2's alphabet: a visible character for each of the 256 bytes, so that any text is a word of known letters.
enum ByteAlphabet {
    /// The character of each byte: printable Latin-1 stands for itself, the others follow from U+0100.
    static let scalars: [UInt32] = {
        var next: UInt32 = 0x100
        return (0...255).map { byte in
            switch byte {
            case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return UInt32(byte)
            default:
                next += 1
                return next - 1
            }
        }
    }()

    /// The UTF-8 of each character: one or two bytes, the second 0 when there is none.
    private static let encodings: [(UInt8, UInt8)] = scalars.map { value in
        var bytes: [UInt8] = []
        UTF8Text.append(value, to: &bytes)
        return (bytes[0], bytes.count > 1 ? bytes[1] : 0)
    }

    static func append(_ bytes: some Sequence<UInt8>, to result: inout [UInt8]) {
        for byte in bytes {
            let (first, second) = encodings[Int(byte)]
            result.append(first)
            if second != 0 { result.append(second) }
        }
    }

    static func encoded(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count * 2)
        append(bytes, to: &result)
        return result
    }
}
