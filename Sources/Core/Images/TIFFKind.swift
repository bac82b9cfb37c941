/// How a TIFF file keeps its pixels, as far as that decides whether the decoder reads it.
///
/// A file that is whole and of another kind is not damaged: its sender has to save it in another way, not again.
struct TIFFKind {
    private let directory: ImageProbeTIFFDirectory

    init(_ directory: ImageProbeTIFFDirectory) { self.directory = directory }

    /// What of it is not read; nil when all is.
    var unsupported: String? { unsupportedLayout ?? unsupportedSamples }

    private var samples: Int { directory.first(277) ?? 1 }
    private var compression: Int { directory.first(259) ?? 1 }
    private var photometric: Int? { directory.first(262) }

    /// Compressions that libtiff knows, the old form of JPEG (6) excepted.
    private static let compressions: Set<Int> = [
        1, 2, 3, 4, 5, 7, 8, 32_766, 32_771, 32_773, 32_809, 32_946, 34_661, 34_676, 34_677, 34_887, 34_925, 50_000,
        50_001,
    ]

    private var unsupportedLayout: String? {
        guard compression != 6 else { return "JPEG compression of the old form" }
        guard Self.compressions.contains(compression) else { return "compression \(compression)" }
        let isTiled = directory.entry(324) != nil
        if isTiled, directory.first(284) == 2, samples > 1 { return "tiles for each channel" }
        // JPEG brings its chroma to full size by itself; 2 x 2 stands where nothing is said.
        if photometric == 6, compression != 7 {
            let chroma = directory.entry(530)
            let across = chroma.flatMap { directory.value($0, 0) } ?? 2
            let down = chroma.flatMap { directory.value($0, 1) } ?? 2
            if across != 1 || down != 1 { return "chroma of less than full size" }
        }
        return nil
    }

    private var unsupportedSamples: String? {
        guard let photometric else { return "no word on its colours (PhotometricInterpretation)" }
        if photometric == 32_803 || photometric == 34_892 { return "raw sensor data" }
        // Compressions with a format of pixels of their own.
        guard compression != 34_676, compression != 34_677 else { return nil }
        let bits = directory.entry(258).map { entry in
            (0..<min(entry.count, samples)).compactMap { directory.value(entry, $0) }
        }
        let first = bits?.first ?? 1
        guard bits?.allSatisfy({ $0 == first }) ?? true else { return "channels of different depths" }
        let isPacked = [1, 2, 4].contains(first)
        guard isPacked ? [0, 1, 3].contains(photometric) : Self.isRead(first, directory.first(339) ?? 1),
            photometric != 3 || first <= 8, photometric != 8 || first == 8 || first == 16
        else { return "\(first) bits a channel" }
        return nil
    }

    /// Whether whole bytes of a sample format are read: unsigned, signed, or floating point.
    private static func isRead(_ bits: Int, _ format: Int) -> Bool {
        switch format {
        // 4 says that the format is not known; decoders take it for unsigned.
        case 1, 2, 4: [8, 16, 32].contains(bits)
        case 3: [32, 64].contains(bits)
        default: false
        }
    }
}
