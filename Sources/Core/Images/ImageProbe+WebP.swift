extension ImageProbe {
    /// WebP: the RIFF chunks within the size that the container declares; sizes of container and bitstream.
    static func webp(_ bytes: ImageProbeBytes) throws(HearthError) -> ImageHeader {
        guard let declared = bytes.u32(4, bigEndian: false) else { throw truncated(.webp) }
        guard declared >= 12 else { throw invalid(.webp, "its container is empty") }
        guard let file = bytes.slice(0, 8 + declared) else { throw truncated(.webp) }
        guard file.matches("VP8X", at: 12) else {
            guard let chunk = webpChunk(file, 12) else { throw truncated(.webp) }
            let size = try webpBitstream(chunk)
            return ImageHeader(format: .webp, width: size.width, height: size.height)
        }
        return try webpExtended(file)
    }

    /// One chunk: its four letters, its data, and where the next one starts.
    private struct WebPChunk {
        let bytes: ImageProbeBytes
        let name: ImageProbeBytes
        let next: Int
    }

    private static func webpChunk(_ file: ImageProbeBytes, _ offset: Int) -> WebPChunk? {
        guard let name = file.slice(offset, 4), let length = file.u32(offset + 4, bigEndian: false),
            let data = file.slice(offset + 8, length)
        else { return nil }
        return WebPChunk(bytes: data, name: name, next: offset + 8 + length + length % 2)
    }

    /// The extended layout: canvas size first, then frames or one picture among other chunks.
    private static func webpExtended(_ file: ImageProbeBytes) throws(HearthError) -> ImageHeader {
        guard let canvas = webpChunk(file, 12), let width = canvas.bytes.u24(4), let height = canvas.bytes.u24(7) else {
            throw truncated(.webp)
        }
        try checkSize(width + 1, height + 1, .webp)
        var header = ImageHeader(format: .webp, width: width + 1, height: height + 1)
        var pictures = 0
        var offset = canvas.next
        while offset < file.count {
            guard let chunk = webpChunk(file, offset) else { throw truncated(.webp) }
            if chunk.name.matches("VP8 ") || chunk.name.matches("VP8L") {
                let size = try webpBitstream(chunk)
                guard size.width == header.width, size.height == header.height else {
                    throw invalid(.webp, "its picture is not of the size that its header says")
                }
                pictures += 1
            } else if chunk.name.matches("ANMF") {
                try webpFrame(chunk.bytes, header)
                pictures += 1
            } else if chunk.name.matches("EXIF") {
                // Some writers keep the prefix that EXIF has in JPEG files.
                let start = chunk.bytes.matches("Exif\0\0") ? 6 : 0
                header.orientation = chunk.bytes.slice(start, chunk.bytes.count - start).flatMap(exifOrientation)
            }
            offset = chunk.next
        }
        guard pictures > 0 else { throw invalid(.webp, "it has no picture data") }
        return header
    }

    /// A frame of an animation: place and size, then an optional alpha chunk and the bitstream.
    private static func webpFrame(_ frame: ImageProbeBytes, _ header: ImageHeader) throws(HearthError) {
        guard let left = frame.u24(0), let top = frame.u24(3), let width = frame.u24(6), let height = frame.u24(9)
        else {
            throw invalid(.webp, "a frame has no header")
        }
        guard 2 * left + width + 1 <= header.width, 2 * top + height + 1 <= header.height else {
            throw invalid(.webp, "a frame lies outside of the picture")
        }
        var offset = 16
        while let chunk = webpChunk(frame, offset) {
            if chunk.name.matches("VP8 ") || chunk.name.matches("VP8L") {
                let size = try webpBitstream(chunk)
                guard size.width == width + 1, size.height == height + 1 else {
                    throw invalid(.webp, "a frame is not of the size that its header says")
                }
                return
            }
            offset = chunk.next
        }
        throw invalid(.webp, "a frame has no data")
    }

    /// Width and height of a lossy (RFC 6386) or lossless bitstream.
    private static func webpBitstream(_ chunk: WebPChunk) throws(HearthError) -> (width: Int, height: Int) {
        let bytes = chunk.bytes
        let size: (width: Int, height: Int)
        if chunk.name.matches("VP8 ") {
            guard let tag = bytes.u24(0), let width = bytes.u16(6, bigEndian: false),
                let height = bytes.u16(8, bigEndian: false)
            else { throw truncated(.webp) }
            guard tag & 1 == 0, bytes.byte(3) == 0x9D, bytes.byte(4) == 0x01, bytes.byte(5) == 0x2A else {
                throw invalid(.webp, "its key frame is missing")
            }
            guard tag >> 5 <= bytes.count - 10 else { throw truncated(.webp) }
            size = (width & 0x3FFF, height & 0x3FFF)
        } else if chunk.name.matches("VP8L") {
            guard let bits = bytes.u32(1, bigEndian: false) else { throw truncated(.webp) }
            guard bytes.byte(0) == 0x2F, bits >> 29 == 0 else { throw invalid(.webp, "its bitstream is unknown") }
            size = (bits & 0x3FFF + 1, bits >> 14 & 0x3FFF + 1)
            try checkSize(size.width, size.height, .webp)
            // A lossless picture is decoded whole; a lossy one is made smaller row by row.
            try checkHeld(size.width * size.height * 4, .webp, unless: "lossy")
        } else {
            throw invalid(.webp, "it has no picture data")
        }
        try checkSize(size.width, size.height, .webp)
        return size
    }
}
