import HearthCore

extension ModelManifest {
    /// Longest side of a model's input, in pixels.
    private static let inputSide = 4_096
    /// Longest vector.
    private static let vectorLength = 65_536

    /// The first thing that is wrong with the manifest, safe to show; nil when it can be used.
    var defect: String? {
        if let bad = files.keys.first(where: { !Self.isPlainFileName($0) }) {
            return "model.json names the file \"\(bad.prefix(80))\", which is not a plain file name."
        }
        if let bad = files.first(where: { !Self.isDigest($0.value) }) {
            return "model.json gives no SHA-256 for \(bad.key)."
        }
        guard files[weights] != nil else { return "model.json has no checksum for its weights, \(weights)." }
        if weights.hasSuffix(".xml"), files[weights.dropLast(4) + ".bin"] == nil {
            return "model.json has no checksum for \(weights.dropLast(4)).bin, which belongs to \(weights)."
        }
        guard (1...Self.vectorLength).contains(output.dims) else {
            return "model.json gives \(output.dims) as output.dims; 1 to \(Self.vectorLength) is allowed."
        }
        if let precision, !["f32", "bf16"].contains(precision) {
            return "model.json gives \"\(precision.prefix(20))\" as precision; f32 and bf16 are allowed."
        }
        guard let image else { return "model.json lacks \"image\", which an \(kind) model needs." }
        return image.defect(longestSide: Self.inputSide)
    }

    private static func isPlainFileName(_ name: String) -> Bool {
        !name.isEmpty && !name.hasPrefix(".") && !name.contains("/") && !name.contains("\0")
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
