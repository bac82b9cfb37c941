package import HearthCore
package import HearthVectors

/// Whether what comes from outside may enter a collection, or be compared with one.
package enum VectorCheck {
    /// Checks one vector.
    /// - Parameters:
    ///   - dims: the length that it must have; nil when any is allowed.
    ///   - place: how the caller knows it (`query`, `item "a"`, `records[3]`); begins the message.
    /// - Throws: ``HearthError`` `conflict` for another length than the collection's; `invalid_request` for a
    ///   length, a component or a direction that no collection takes.
    package static func check(
        _ vector: [Float], dims: Int?, metric: VectorMetric, place: String
    ) throws(HearthError) {
        guard !vector.isEmpty, vector.count <= Limits.vectorDims else {
            throw HearthError(
                .invalidRequest, "\(place): a vector of \(counted(vector.count, "component")).",
                hint: "Send 1 to \(Limits.vectorDims) of them.")
        }
        if let dims, vector.count != dims {
            throw HearthError(
                .conflict,
                "\(place): a vector of \(counted(vector.count, "component")); the collection's have \(dims).",
                hint: "Send vectors of the model that made the collection.")
        }
        // One pass without a branch: NaN fails the comparison too.
        var isInside = true
        var isZero = true
        for component in vector {
            isInside = isInside && component.magnitude <= Limits.vectorComponent
            isZero = isZero && component == 0
        }
        guard isInside else {
            let position = vector.firstIndex { !($0.magnitude <= Limits.vectorComponent) } ?? 0
            throw HearthError(
                .invalidRequest, "\(place): component \(position) is \(vector[position]).",
                hint: "Components are finite numbers between -1e15 and 1e15.")
        }
        guard metric != .cosine || !isZero else {
            throw HearthError(
                .invalidRequest, "\(place): a vector of zeros has no direction.",
                hint: "Cosine compares directions; use the metric dot or euclidean for vectors of zeros.")
        }
    }

    /// Checks the attributes of one item.
    /// - Throws: ``HearthError`` `invalid_request`.
    package static func check(_ attributes: [String: AttributeValue], place: String) throws(HearthError) {
        guard attributes.count <= Limits.attributes else {
            throw HearthError(
                .invalidRequest, "\(place): \(attributes.count) attributes.",
                hint: "An item has at most \(Limits.attributes).")
        }
        var bytes = 0
        for (key, value) in attributes {
            guard !key.isEmpty, key.utf8.count <= Limits.attributeKeyBytes, !key.utf8.contains(0) else {
                throw HearthError(
                    .invalidRequest, "\(place): an attribute's name is empty, too long or has a NUL.",
                    hint: "Names have 1 to \(Limits.attributeKeyBytes) bytes.")
            }
            bytes += key.utf8.count + 16
            switch value {
            case .text(let text): bytes += text.utf8.count
            case .number(let number) where !number.rounded.isFinite:
                throw HearthError(
                    .invalidRequest, "\(place): the attribute `\(key)` is \(number).",
                    hint: "Numbers must be finite.")
            case .number, .flag: break
            }
        }
        guard bytes <= Limits.attributeBytes else {
            throw HearthError(
                .invalidRequest, "\(place): about \(bytes) bytes of attributes.",
                hint: "Up to \(Limits.attributeBytes) are allowed; keep long texts in the payload or the document.")
        }
    }
}
