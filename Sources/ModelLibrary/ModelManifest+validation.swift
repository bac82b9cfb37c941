import HearthCore

extension ModelManifest {
    /// Longest side of a model's input, in pixels.
    private static let inputSide = 4_096
    /// Longest vector.
    private static let vectorLength = 65_536
    /// Longest text, in tokens.
    private static let tokens = 131_072
    /// Longest prefix, in characters.
    private static let prefixLength = 1_000
    private static let fileCount = 64
    private static let aliasCount = 32
    private static let rateCount = 32
    private static let graphSuffixes = [".xml", ".onnx", ".tflite"]
    static let precisions = ["f32", "bf16"]

    /// The first thing that is wrong with the manifest, safe to show; nil when it can be used.
    package var defect: String? {
        wordsDefect ?? filesDefect ?? inputDefect ?? outputDefect ?? matchDefect ?? faceDefect
    }

    private var wordsDefect: String? {
        guard Self.isIdentifier(id) else {
            return "model.json gives \"\(id.prefix(80))\" as id; \(Self.identifierRule)"
        }
        guard kind != .unknown else { return "model.json gives no kind that Hearth knows." }
        for (name, text, longest) in [
            ("description", description, 1_000), ("licence", licence, 1_000), ("source", source, 2_000),
            ("group", group ?? "-", 64),
        ] where !(1...longest).contains(text.unicodeScalars.count) {
            return "model.json has a \(name) of \(text.unicodeScalars.count) characters; 1 to \(longest) are allowed."
        }
        let aliases = aliases ?? []
        guard aliases.count <= Self.aliasCount, Set(aliases).count == aliases.count,
            aliases.allSatisfy({ (1...200).contains($0.unicodeScalars.count) })
        else {
            return "model.json may have \(Self.aliasCount) different aliases of 1 to 200 characters."
        }
        return nil
    }

    private var filesDefect: String? {
        guard (1...Self.fileCount).contains(files.count) else {
            return "model.json lists \(files.count) files; 1 to \(Self.fileCount) are allowed."
        }
        if let bad = files.keys.filter({ !Self.isPlainFileName($0) }).min() {
            return "model.json names the file \"\(bad.prefix(80))\", which is not a plain file name."
        }
        if let bad = files.filter({ !FileDigest.isDigest($0.value) }).map(\.key).min() {
            return "model.json gives no SHA-256 for \(bad); 64 digits 0-9 and a-f are allowed."
        }
        if let goldens, !Self.isPlainFileName(goldens) {
            return "model.json names \"\(goldens.prefix(80))\" as goldens, which is not a plain file name."
        }
        for name in graphs where !Self.graphSuffixes.contains(where: { name.hasSuffix($0) }) {
            return "model.json names \(name.prefix(80)) as weights; .xml, .onnx and .tflite are allowed."
        }
        for name in neededFiles where files[name] == nil {
            return "model.json has no checksum for \(name.prefix(80)), which the model needs."
        }
        return nil
    }

    /// The graphs of its towers.
    var graphs: [String] { [weights, text?.weights].compactMap { $0 } }

    /// Files that a model cannot be without, whatever `files` lists: graphs, their `.bin`, the tokenizer. What graphs
    /// themselves say that they read comes to them; see ``ModelFolder/unlistedFiles(of:in:)``.
    package var neededFiles: [String] {
        let bins = graphs.filter { $0.hasSuffix(".xml") }.map { "\($0.dropLast(4)).bin" }
        return graphs + bins + [text?.tokenizer].compactMap { $0 }
    }

    private var outputDefect: String? {
        if kind.givesVectors, output == nil { return "model.json lacks \"output\", which kind \(kind.rawValue) needs." }
        if !kind.givesVectors, output != nil {
            return "model.json has \"output\", which kind \(kind.rawValue) does not have: it gives no vector."
        }
        for output in [output, text?.output].compactMap({ $0 }) {
            guard (1...Self.vectorLength).contains(output.dims) else {
                return "model.json gives \(output.dims) as output.dims; 1 to \(Self.vectorLength) is allowed."
            }
            if output.name?.isEmpty == true {
                return "model.json gives an empty output.name; leave it out for the first output."
            }
        }
        if let output, let other = text?.output, output.dims != other.dims {
            return "model.json gives \(output.dims) and \(other.dims) as output.dims; two towers share one space."
        }
        if let precision, !Self.precisions.contains(precision) {
            return "model.json gives \"\(precision.prefix(20))\" as precision; f32 and bf16 are allowed."
        }
        return nil
    }

    private var matchDefect: String? {
        guard let match else { return nil }
        guard kind.abilities.contains(.embedImages) || kind == .faceEmbedding else {
            return "model.json has \"match\", which only kinds that make vectors of pictures have."
        }
        guard (-1...1).contains(match.threshold) else {
            return "model.json gives \(match.threshold) as match.threshold; -1 to 1 is allowed."
        }
        guard (match.anchors == nil) == (match.perHalving == nil) else {
            return "model.json has one of match.anchors and match.perHalving; both or none are allowed."
        }
        guard (2...1_000_000).contains(match.anchors ?? 2) else {
            return "model.json gives \(match.anchors ?? 0) as match.anchors; 2 to 1000000 are allowed."
        }
        guard (0...0.1).contains(match.perHalving ?? 0) else {
            return "model.json gives \(match.perHalving ?? 0) as match.perHalving; 0 to 0.1 is allowed."
        }
        if let defect = ratesDefect(match.rates ?? []) { return defect }
        guard (1...1_000).contains(match.measured.unicodeScalars.count) else {
            return "model.json has a match.measured of \(match.measured.unicodeScalars.count) characters; "
                + "1 to 1000 are allowed."
        }
        return nil
    }

    private func ratesDefect(_ rates: [Match.Rate]) -> String? {
        guard rates.isEmpty || kind == .faceEmbedding else {
            return "model.json has match.rates, which only kind \(ModelKind.faceEmbedding.rawValue) has."
        }
        guard rates.count <= Self.rateCount else {
            return "model.json has \(rates.count) match.rates; \(Self.rateCount) are allowed."
        }
        for rate in rates {
            guard rate.fmr > 0, rate.fmr <= 1, (-1...1).contains(rate.threshold), rate.pairs > 0 else {
                return "model.json has a match.rates entry out of range: fmr above 0 and up to 1, threshold -1 to 1, "
                    + "pairs above 0."
            }
            guard rate.isSupported else {
                return "model.json gives a rate of \(rate.fmr) measured on \(rate.pairs) pairs; "
                    + "so many show no rate below \(3 / Double(rate.pairs))."
            }
        }
        return nil
    }

    private var inputDefect: String? {
        let seesTexts = kind.sees.contains(.text)
        let seesPictures = kind.sees.contains(.image)
        let hasTwoTowers = seesTexts && seesPictures
        if seesTexts, text == nil { return "model.json lacks \"text\", which kind \(kind.rawValue) needs." }
        if seesPictures, image == nil { return "model.json lacks \"image\", which kind \(kind.rawValue) needs." }
        if hasTwoTowers, text?.weights == nil {
            return "model.json lacks \"text.weights\", the graph of the text tower."
        }
        if !hasTwoTowers, text?.weights != nil || text?.output != nil {
            return "model.json has a text tower of its own; a model of the kind \(kind.rawValue) has one graph."
        }
        if let postprocess, !seesPictures || !Self.isIdentifier(postprocess.name) {
            return "model.json has a postprocess that cannot be; a kind that sees pictures names one by an identifier."
        }
        if let text, !(1...Self.tokens).contains(text.maximumTokens) {
            return "model.json gives \(text.maximumTokens) as text.maximumTokens; 1 to \(Self.tokens) is allowed."
        }
        for (name, prefix) in [("queryPrefix", text?.queryPrefix), ("documentPrefix", text?.documentPrefix)] {
            let count = prefix?.unicodeScalars.count ?? 0
            if count > Self.prefixLength {
                return "model.json has a text.\(name) of \(count) characters; \(Self.prefixLength) are allowed."
            }
        }
        return image?.defect(longestSide: Self.inputSide)
    }

    /// Whether a text may be the id of a model, and the name of its folder.
    package static func isIdentifier(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && isAlphanumeric(text.utf8.first, capitals: false)
            && text.utf8.allSatisfy { isAlphanumeric($0, capitals: false) || "._-".utf8.contains($0) }
    }

    package static let identifierRule = "1 to 64 of a-z, 0-9, `.`, `_` and `-` are allowed, a letter or digit first."

    /// A name, or a name in one folder below the model's own; letters, digits, `.`, `_` and `-`.
    package static func isPlainFileName(_ name: String) -> Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return (1...2).contains(parts.count)
            && parts.allSatisfy { part in
                (1...127).contains(part.utf8.count) && isAlphanumeric(part.utf8.first, capitals: true)
                    && part.utf8.allSatisfy { isAlphanumeric($0, capitals: true) || "._-".utf8.contains($0) }
            }
    }

    private static func isAlphanumeric(_ byte: UInt8?, capitals: Bool) -> Bool {
        guard let byte else { return false }
        return (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
            || (capitals && (0x41...0x5A).contains(byte))
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
        guard scale.isFinite, scale > 0, mean.allSatisfy(\.isFinite), std.allSatisfy({ $0.isFinite && $0 > 0 }) else {
            return "model.json has an image.scale, mean or std that cannot be computed with; "
                + "scale and std must be above 0."
        }
        guard background.allSatisfy({ (0...255).contains($0) }) else {
            return "model.json has an image.background outside of 0 to 255."
        }
        return nil
    }
}
