/// One decoding under way: whole groups by table at full speed, everything unusual one group at a time.
struct Base64Run {
    let text: UnsafeRawBufferPointer
    var position: Int
    /// Space for three bytes a started group, and so for the fourth byte that a fast store writes behind its group.
    let output: UnsafeMutableRawPointer
    var written = 0
    let tables: UnsafePointer<UInt32>

    init(
        text: UnsafeRawBufferPointer, position: Int, output: UnsafeMutableRawPointer, tables: UnsafePointer<UInt32>
    ) {
        self.text = text
        self.position = position
        self.output = output
        self.tables = tables
    }

    /// Decodes to the end and returns the number of bytes.
    /// - Throws: ``JSONError``.
    mutating func decode(_ field: String) throws(JSONError) -> Int {
        while true {
            plainGroups()
            guard try unusualGroup(field) else { return written }
        }
    }

    /// Groups of four characters of the alphabet, until there is something else.
    private mutating func plainGroups() {
        guard let base = text.baseAddress else { return }
        var source = base + position
        var target = output + written
        // Each round reads 16 characters and stores 13 bytes, the last of which the next store overwrites: the space
        // for the groups that are left beyond these four holds it, so one more group must follow.
        var rounds = (text.count - position - 4) / 16
        while rounds > 0 {
            let first = word(source)
            let second = word(source + 4)
            let third = word(source + 8)
            let fourth = word(source + 12)
            guard (first | second | third | fourth) & Base64Tables.invalid == 0 else { break }
            target.storeBytes(of: first.littleEndian, as: UInt32.self)
            (target + 3).storeBytes(of: second.littleEndian, as: UInt32.self)
            (target + 6).storeBytes(of: third.littleEndian, as: UInt32.self)
            (target + 9).storeBytes(of: fourth.littleEndian, as: UInt32.self)
            source += 16
            target += 12
            rounds -= 1
        }
        position = source - base
        written = target - output
    }

    @inline(__always)
    private func word(_ source: UnsafeRawPointer) -> UInt32 {
        let group = UInt32(littleEndian: source.loadUnaligned(as: UInt32.self))
        return tables[Int(group & 0xFF)] | tables[256 + Int(group >> 8 & 0xFF)]
            | tables[512 + Int(group >> 16 & 0xFF)] | tables[768 + Int(group >> 24)]
    }

    /// Four characters with white space among them, or the last, shorter group; false at the end of the text.
    private mutating func unusualGroup(_ field: String) throws(JSONError) -> Bool {
        var bits: UInt32 = 0
        var count = 0
        while count < 4 {
            guard position < text.count, text[position] != UInt8(ascii: "=") else {
                try finish(bits, count, field)
                return false
            }
            let byte = text[position]
            let value = Base64Tables.value(of: byte)
            if value != Base64Tables.noValue {
                bits = bits << 6 | UInt32(value)
                count += 1
            } else if !Self.isSpace(byte) {
                throw failure("a character that is not base64", field)
            }
            position += 1
        }
        store(bits, bytes: 3)
        return true
    }

    /// The last 0, 2 or 3 characters, their padding when there is one, and nothing but white space behind.
    private mutating func finish(_ bits: UInt32, _ count: Int, _ field: String) throws(JSONError) {
        guard count != 1 else { throw failure("a lone character in its last group", field) }
        var padding = 0
        while position < text.count {
            let byte = text[position]
            if byte == UInt8(ascii: "=") {
                padding += 1
            } else if !Self.isSpace(byte) {
                throw failure("something behind its padding", field)
            }
            guard padding == 0 || count > 0, count + padding <= 4 else { throw failure("wrong padding", field) }
            position += 1
        }
        guard padding == 0 || count + padding == 4 else { throw failure("wrong padding", field) }
        try storeLast(bits, count, field)
    }

    private mutating func storeLast(_ bits: UInt32, _ count: Int, _ field: String) throws(JSONError) {
        switch count {
        case 2:
            guard bits & 0x0F == 0 else { throw failure("bits behind its last byte", field) }
            store(bits << 12, bytes: 1)
        case 3:
            guard bits & 0x03 == 0 else { throw failure("bits behind its last byte", field) }
            store(bits << 6, bytes: 2)
        default: break
        }
    }

    /// Stores the first `bytes` of the 24 bits.
    private mutating func store(_ bits: UInt32, bytes: Int) {
        for index in 0..<bytes {
            let byte = UInt8(truncatingIfNeeded: bits >> (16 - 8 * index))
            output.storeBytes(of: byte, toByteOffset: written, as: UInt8.self)
            written += 1
        }
    }

    private func failure(_ reason: String, _ field: String) -> JSONError {
        JSONError(
            "`\(field)` is not valid base64: \(reason) at offset \(position).",
            hint: "Send the picture's bytes in base64 (RFC 4648).")
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }
}
