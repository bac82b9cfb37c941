import HearthCore

/// A name space of Chroma: its collections have its name in front, but those of the default one have none.
struct ChromaDatabase: Sendable {
    let name: String
    let tenant: Tenant

    /// How a collection of this database is called everywhere else.
    func qualified(_ collection: String) -> String {
        name == ChromaDoor.defaultDatabase ? collection : "\(name)/\(collection)"
    }

    /// What a client of this database calls a collection; nil when it belongs to another.
    func local(_ collection: String) -> String? {
        let parts = collection.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 1 { return name == ChromaDoor.defaultDatabase ? collection : nil }
        return parts[0] == name ? String(parts[1]) : nil
    }

    /// Checks a collection's name as Chroma does, in its words.
    /// - Throws: ``HearthError`` `invalid_request`.
    static func check(_ name: String) throws(HearthError) {
        let bytes = Array(name.utf8)
        guard (3...512).contains(bytes.count), bytes.allSatisfy({ isAlphanumeric($0) || "._-".utf8.contains($0) }),
            let first = bytes.first, let last = bytes.last, isAlphanumeric(first), isAlphanumeric(last),
            // Paths take names and identifiers.
            !Identifier.isValid(name)
        else {
            throw HearthError(
                .invalidRequest,
                "Validation error: name: Expected a name containing 3-512 characters from [a-zA-Z0-9._-], "
                    + "starting and ending with a character in [a-zA-Z0-9]. Got: \(name.prefix(100))")
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}
