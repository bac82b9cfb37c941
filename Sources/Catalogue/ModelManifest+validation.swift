import HearthCore

extension ModelManifest {
    /// Longest side of a model's input, in pixels.
    private static let inputSide = 4_096
    /// Longest vector.
    private static let vectorLength = 65_536

    /// Longest text, in tokens.
    private static let tokens = 131_072

    /// The first thing that is wrong with the manifest, safe to show; nil when it can be used.
    var defect: String? { filesDefect ?? outputDefect ?? inputDefect }

    private var filesDefect: String? {
        if let bad = files.keys.first(where: { !Self.isPlainFileName($0) }) {
            return "model.json names the file \"\(bad.prefix(80))\", which is not a plain file name."
        }
        if let bad = files.first(where: { !Self.isDigest($0.value) }) {
            return "model.json gives no SHA-256 for \(bad.key)."
        }
        if let goldens, !Self.isPlainFileName(goldens) {
            return "model.json names \"\(goldens.prefix(80))\" as goldens, which is not a plain file name."
        }
        let needed = [weights, text?.weights].compactMap { $0 }
        for name in needed + [text?.tokenizer].compactMap({ $0 }) where files[name] == nil {
            return "model.json has no checksum for \(name.prefix(80))."
        }
        for name in needed where name.hasSuffix(".xml") && files[name.dropLast(4) + ".bin"] == nil {
            return "model.json has no checksum for \(name.dropLast(4)).bin, which belongs to \(name)."
        }
        return nil
    }

    private var outputDefect: String? {
        if kind.givesVectors, output == nil {
            return "model.json lacks \"output\", which an \(kind.rawValue) model needs."
        }
        for dims in [output, text?.output].compactMap({ $0?.dims }) where !(1...Self.vectorLength).contains(dims) {
            return "model.json gives \(dims) as output.dims; 1 to \(Self.vectorLength) is allowed."
        }
        if let output, let other = text?.output, output.dims != other.dims {
            return "model.json gives \(output.dims) and \(other.dims) as output.dims; two towers share one space."
        }
        if let precision, !["f32", "bf16"].contains(precision) {
            return "model.json gives \"\(precision.prefix(20))\" as precision; f32 and bf16 are allowed."
        }
        return nil
    }

    private var inputDefect: String? {
        guard kind != .unknown else { return "model.json gives no kind that Hearth knows." }
        let seesTexts = kind.modalities.contains(.text)
        let seesPictures = kind != .textEmbedding
        if seesTexts, text == nil { return "model.json lacks \"text\", which a \(kind.rawValue) model needs." }
        if seesPictures, image == nil { return "model.json lacks \"image\", which an \(kind.rawValue) model needs." }
        if kind == .imageTextEmbedding, text?.weights == nil {
            return "model.json lacks \"text.weights\", the graph of the text tower."
        }
        if let text, !(1...Self.tokens).contains(text.maximumTokens) {
            return "model.json gives \(text.maximumTokens) as text.maximumTokens; 1 to \(Self.tokens) is allowed."
        }
        return image?.defect(longestSide: Self.inputSide)
    }

    /// A name, or a name in one folder below the model's own.
    package static func isPlainFileName(_ name: String) -> Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return (1...2).contains(parts.count) && name.utf8.count <= 255
            && parts.allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") && !$0.contains("\\") && !$0.contains("\0") }
    }

    private static func isDigest(_ text: String) -> Bool {
        text.utf8.count == 64
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}

extension ImagePreprocessing {
    /// The first thing that is wrong, safe to show; nil when pictures can be prepared so.
    fileprivate func defect(longestSide: Int) -> String? {
        guard (1...longestSide).contains(width), (1...longestSide).contains(height) else {
            return "model.json gives \(width) x \(height) as image size; 1 to \(longestSide) is allowed."
        }
        guard mean.count == 3, std.count == 3, background.count == 3 else {
            return "model.json must give three values for each of image.mean, image.std and image.background."
        }
        guard scale.isFinite, (mean + std + background).allSatisfy(\.isFinite), !std.contains(0) else {
            return "model.json has an image.scale, mean, std or background that cannot be computed with."
        }
        return nil
    }
}
