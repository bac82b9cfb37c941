extension ImageProbe {
    /// What the markers of a JPEG have said so far.
    private struct JPEGFindings {
        var size: (width: Int, height: Int)?
        var components = 0
        var orientation: Int?
        var scans = 0
        /// Bytes of all coefficients, 16 bits each.
        var coefficients = 0
        /// Some scan has not all of the picture, so that decoders keep the coefficients until the last one.
        var isInParts = false
    }

    /// JPEG (ITU T.81): every marker up to EOI, with the entropy-coded data of each scan walked over.
    static func jpeg(_ bytes: ImageProbeBytes) throws(HearthError) -> ImageHeader {
        var findings = JPEGFindings()
        var offset = 2
        while true {
            let marker = try jpegMarker(bytes, &offset)
            switch marker {
            case 0xD9:
                guard let size = findings.size else { throw invalid(.jpeg, "it has no frame") }
                guard findings.scans > 0 else { throw invalid(.jpeg, "it has no picture data") }
                return ImageHeader(
                    format: .jpeg, width: size.width, height: size.height, orientation: findings.orientation,
                    scans: findings.scans)
            // Restarts between segments mean nothing, and neither does TEM.
            case 0x01, 0xD0...0xD7: break
            case 0xC0...0xCF, 0xDA...0xFE:
                guard let length = bytes.u16(offset, bigEndian: true) else { throw truncated(.jpeg) }
                guard length >= 2 else { throw invalid(.jpeg, "a segment is shorter than its header") }
                guard let segment = bytes.slice(offset + 2, length - 2) else { throw truncated(.jpeg) }
                try jpegSegment(marker, segment, &findings)
                offset += length
                if marker == 0xDA { offset = try jpegScanEnd(bytes, offset) }
            default: throw invalid(.jpeg, "there is no marker FF\(String(marker, radix: 16, uppercase: true))")
            }
        }
    }

    /// The next marker's second byte; any number of FF may stand before it.
    ///
    /// Some writers leave bytes between segments that belong to none. Decoders pass over them to the next FF that no 00
    /// follows, and so does this.
    private static func jpegMarker(_ bytes: ImageProbeBytes, _ offset: inout Int) throws(HearthError) -> UInt8 {
        while let found = bytes.first(0xFF, from: offset) {
            offset = found
            while bytes.byte(offset) == 0xFF { offset += 1 }
            guard let marker = bytes.byte(offset) else { throw truncated(.jpeg) }
            offset += 1
            if marker != 0x00 { return marker }
        }
        throw truncated(.jpeg)
    }

    private static func jpegSegment(
        _ marker: UInt8, _ segment: ImageProbeBytes, _ findings: inout JPEGFindings
    ) throws(HearthError) {
        switch marker {
        case 0xC4, 0xC8, 0xCC: break
        case 0xC0...0xCF: try jpegFrame(marker, segment, &findings)
        case 0xDA:
            guard findings.size != nil else { throw invalid(.jpeg, "a scan comes before the frame") }
            guard let count = segment.byte(0), (1...4).contains(count), Int(count) <= findings.components,
                segment.count == 4 + 2 * Int(count)
            else { throw invalid(.jpeg, "a scan header is wrong") }
            findings.isInParts = findings.isInParts || Int(count) < findings.components
            try checkScan(&findings)
        case 0xE1 where findings.orientation == nil && segment.matches("Exif\0\0"):
            findings.orientation = segment.slice(6, segment.count - 6).flatMap(exifOrientation)
        default: break
        }
    }

    /// Start of frame: precision, size, components.
    private static func jpegFrame(
        _ marker: UInt8, _ segment: ImageProbeBytes, _ findings: inout JPEGFindings
    ) throws(HearthError) {
        guard findings.size == nil else { throw invalid(.jpeg, "it has two frames") }
        guard let precision = segment.byte(0), let height = segment.u16(1, bigEndian: true),
            let width = segment.u16(3, bigEndian: true), let components = segment.byte(5)
        else { throw invalid(.jpeg, "its frame header is too short") }
        guard [0xC0, 0xC1, 0xC2, 0xC9, 0xCA].contains(marker), precision == 8 else {
            throw HearthError(
                .unsupportedMediaType, "This kind of JPEG (lossless, hierarchical or 12 bits) is not supported.",
                hint: "Send a baseline or progressive JPEG of 8 bits. \(ImageFormat.accepted)")
        }
        guard (1...4).contains(components), segment.count == 6 + 3 * Int(components) else {
            throw invalid(.jpeg, "its frame header is wrong")
        }
        try checkSize(width, height, .jpeg)
        findings.size = (width, height)
        findings.components = Int(components)
        findings.isInParts = marker == 0xC2 || marker == 0xCA
        findings.coefficients = try coefficientBytes(segment, width: width, height: height, components: Int(components))
    }

    /// Bytes of the coefficients that a frame's components have, two a sample, in whole blocks of 8 x 8.
    private static func coefficientBytes(
        _ segment: ImageProbeBytes, width: Int, height: Int, components: Int
    ) throws(HearthError) -> Int {
        var factors: [(across: Int, down: Int)] = []
        for component in 0..<components {
            guard let factor = segment.byte(7 + 3 * component), (1...4).contains(factor >> 4),
                (1...4).contains(factor & 15)
            else { throw invalid(.jpeg, "its frame header is wrong") }
            factors.append((Int(factor >> 4), Int(factor & 15)))
        }
        let across = factors.map(\.across).max() ?? 1
        let down = factors.map(\.down).max() ?? 1
        return factors.reduce(0) { bytes, factor in
            let columns = (width * factor.across + 8 * across - 1) / (8 * across)
            let rows = (height * factor.down + 8 * down - 1) / (8 * down)
            return bytes + columns * rows * 128
        }
    }

    /// Counts a scan, each of which goes over all blocks, however few bytes it has.
    private static func checkScan(_ findings: inout JPEGFindings) throws(HearthError) {
        findings.scans += 1
        if findings.isInParts {
            try checkHeld(findings.coefficients, .jpeg, unless: "as baseline, not progressive")
        }
        let pixels = findings.size.map { $0.width * $0.height } ?? 0
        guard findings.scans <= Limits.pictureScans, pixels * findings.scans <= Limits.scannedPixels else {
            throw HearthError(
                .imageTooLarge, "The JPEG image has \(findings.scans) scans or more, for \(pixels) pixels.",
                hint: "At most \(Limits.pictureScans) scans, and \(Limits.scannedPixels / 1_000_000) million pixels "
                    + "over all of them: save it again, as baseline.")
        }
    }

    /// Offset of the marker that ends the entropy-coded data from `start`: FF00 is a data byte, FFD0–FFD7 restarts.
    private static func jpegScanEnd(_ bytes: ImageProbeBytes, _ start: Int) throws(HearthError) -> Int {
        var offset = start
        while let found = bytes.first(0xFF, from: offset) {
            switch bytes.byte(found + 1) {
            case nil: throw truncated(.jpeg)
            case 0x00, 0xD0, 0xD1, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7: offset = found + 2
            case 0xFF: offset = found + 1
            default:
                guard found > start else { throw invalid(.jpeg, "a scan has no data") }
                return found
            }
        }
        throw truncated(.jpeg)
    }
}
