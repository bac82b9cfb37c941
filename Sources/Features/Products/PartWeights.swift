import HearthCore

/// What the two parts of a product count in a combined score; only their ratio matters.
struct PartWeights: Sendable, Codable, Equatable {
    var image: Double
    var text: Double

    /// The greatest weight; the smallest that says anything is one over it.
    static let limit = 1e6
    static let standard = PartWeights(image: 0.5, text: 0.5)

    subscript(part: ProductPart) -> Double { part == .image ? image : text }

    /// - Throws: ``HearthError`` `invalid_request`.
    func check() throws(HearthError) {
        let allowed = 0...Self.limit
        guard allowed.contains(image), allowed.contains(text), max(image, text) >= 1 / Self.limit else {
            throw HearthError(
                .invalidRequest, "The weights are not usable.",
                hint: "Both from 0 to \(Int(Self.limit)), and at least one of them above 0.")
        }
    }
}
