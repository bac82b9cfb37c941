import HearthCore

/// What the two parts of a product count in a combined score; only their ratio matters.
struct PartWeights: Sendable, Codable, Equatable {
    var image: Double
    var text: Double

    static let standard = PartWeights(image: 0.5, text: 0.5)

    subscript(part: ProductPart) -> Double { part == .image ? image : text }

    /// - Throws: ``HearthError`` `invalid_request`.
    func check() throws(HearthError) {
        guard image.isFinite, text.isFinite, image >= 0, text >= 0, image + text > 0 else {
            throw HearthError(
                .invalidRequest, "The weights are not usable.",
                hint: "Both from 0, and at least one of them above it.")
        }
    }
}
