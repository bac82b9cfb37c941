package import HearthCore
package import HearthJSON

/// The rules of names and metadata.
package enum CollectionName {
    /// - Throws: ``HearthError`` `invalid_request`.
    package static func check(_ name: String) throws(HearthError) {
        let isAllowed = name.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2E, 0x5F, 0x2D: true
            default: false
            }
        }
        guard isAllowed, (1...Limits.collectionNameBytes).contains(name.utf8.count), !name.hasPrefix("."),
            !Identifier.isValid(name)
        else {
            throw HearthError(
                .invalidRequest, "`name` cannot be the name of a collection.",
                hint: "1 to \(Limits.collectionNameBytes) letters, digits, dots, dashes and underscores of ASCII, "
                    + "no dot at the start, and not an identifier.")
        }
    }

    /// - Throws: ``HearthError`` `invalid_request`.
    package static func metadata(_ value: JSONValue?) throws(HearthError) -> JSONObject? {
        guard let value, !value.isNull else { return nil }
        guard let object = value.objectValue else {
            throw HearthError(.invalidRequest, "`metadata` must be an object.")
        }
        return object
    }
}
