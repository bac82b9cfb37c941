extension ImageProbe {
    /// GIF 87a and 89a: every block up to the trailer, or to what is none; at least one frame.
    static func gif(_ bytes: ImageProbeBytes) throws(HearthError) -> ImageHeader {
        guard let width = bytes.u16(6, bigEndian: false), let height = bytes.u16(8, bigEndian: false),
            let flags = bytes.byte(10)
        else { throw truncated(.gif) }
        try checkSize(width, height, .gif)
        try checkHeld(width * height * 4, .gif, unless: "in another format")
        var offset = 13 + gifColourBytes(flags)
        var frames = 0
        while true {
            switch bytes.byte(offset) {
            case nil: throw truncated(.gif)
            case 0x3B:
                guard frames > 0 else { throw invalid(.gif, "it has no frame") }
                return ImageHeader(format: .gif, width: width, height: height)
            case 0x21: offset = try gifSubBlocks(bytes, offset + 2)
            case 0x2C:
                offset = try gifFrame(bytes, offset)
                frames += 1
            // Some writers leave other bytes behind a whole frame; decoders stop there, and have the first frame.
            case _? where frames > 0: return ImageHeader(format: .gif, width: width, height: height)
            case let byte?: throw invalid(.gif, "there is no block \(byte)")
            }
        }
    }

    /// A frame from its descriptor at `offset`; returns the offset behind it.
    private static func gifFrame(_ bytes: ImageProbeBytes, _ offset: Int) throws(HearthError) -> Int {
        guard let left = bytes.u16(offset + 1, bigEndian: false), let top = bytes.u16(offset + 3, bigEndian: false),
            let width = bytes.u16(offset + 5, bigEndian: false), let height = bytes.u16(offset + 7, bigEndian: false),
            let flags = bytes.byte(offset + 9)
        else { throw truncated(.gif) }
        guard width > 0, height > 0 else { throw invalid(.gif, "a frame is \(width) x \(height) pixels") }
        // Some decoders grow the picture to hold its frames.
        try checkSize(left + width, top + height, .gif)
        try checkHeld((left + width) * (top + height) * 4, .gif, unless: "in another format")
        let data = offset + 10 + gifColourBytes(flags)
        guard let codeSize = bytes.byte(data) else { throw truncated(.gif) }
        guard (1...11).contains(codeSize) else { throw invalid(.gif, "a frame's code size is \(codeSize)") }
        guard bytes.byte(data + 1) != 0 else { throw invalid(.gif, "a frame has no data") }
        return try gifSubBlocks(bytes, data + 1)
    }

    /// Offset behind the sub-blocks from `start`, each with its length before it, the last of length 0.
    private static func gifSubBlocks(_ bytes: ImageProbeBytes, _ start: Int) throws(HearthError) -> Int {
        var offset = start
        while let length = bytes.byte(offset) {
            offset += 1 + Int(length)
            if length == 0 { return offset }
        }
        throw truncated(.gif)
    }

    private static func gifColourBytes(_ flags: UInt8) -> Int { flags & 0x80 == 0 ? 0 : 6 << Int(flags & 0x07) }
}
