import HearthCore
import HearthJSON

/// What is known of a character: who it is, how it looks and speaks, and what its pictures must and must not show.
///
/// The same type says what a change gives: a field that is nil stays, an empty text or list is removed, and `extra` is
/// merged into what there is (RFC 7396).
struct Bible: Sendable, Codable, Equatable, SchemaDescribed {
    var appearance: String?
    var personality: String?
    var backstory: String?
    var voice: String?
    var wardrobe: String?
    var style: String?
    var relationships: [Relationship]?
    var `do`: [String]?
    var dont: [String]?
    var extra: JSONValue?

    /// Who another character is to this one.
    struct Relationship: Sendable, Codable, Equatable, SchemaDescribed {
        var with: String
        var relation: String

        static let fields = [
            "with": FieldNote(
                "Name or handle of the other one.", minLength: 1, maxLength: Limits.nameLength, example: "@otto"),
            "relation": FieldNote(
                "What they are to each other.", minLength: 1, maxLength: Limits.bibleEntry, example: "older brother"),
        ]
    }

    /// The texts, in the order in which they are shown.
    static let texts: [(field: String, title: String, path: any WritableKeyPath<Bible, String?> & Sendable)] = [
        ("appearance", "Appearance", \.appearance), ("personality", "Personality", \.personality),
        ("backstory", "Backstory", \.backstory), ("voice", "Voice", \.voice), ("wardrobe", "Wardrobe", \.wardrobe),
        ("style", "Style", \.style),
    ]

    /// The lists of short texts.
    static let lists: [(field: String, title: String, path: any WritableKeyPath<Bible, [String]?> & Sendable)] = [
        ("do", "Do", \.do), ("dont", "Don’t", \.dont),
    ]

    static var fields: [String: FieldNote] { notes }

    /// Notes of these fields, for each type that has them beside its own.
    static let notes = [
        "appearance": text("What the character looks like.", "Silver hair, a scar over the left eyebrow."),
        "personality": text("How the character is.", "Curious, stubborn, kind to animals."),
        "backstory": text("Where the character comes from.", "Grew up in the lighthouse of Lantern Woods."),
        "voice": text("How the character speaks and sounds.", "Low and slow, with long pauses."),
        "wardrobe": text("What the character wears.", "A yellow raincoat and rubber boots."),
        "style": text("How the character is drawn.", "Clean lines, flat colours."),
        "relationships": FieldNote("Who others are to the character.", maxLength: Limits.bibleEntries),
        "do": entries("What pictures of the character must show."),
        "dont": entries("What pictures of the character must never show."),
        "extra": FieldNote(
            "Anything else, as a JSON object of at most \(Limits.bibleExtraBytes >> 10) kB. A change is merged into "
                + "what there is; a member that is null is removed.",
            schema: ["type": "object", "additionalProperties": true]),
    ]

    private static func text(_ description: String, _ example: String) -> FieldNote {
        FieldNote(description, maxLength: Limits.bibleText, example: .string(example))
    }

    private static func entries(_ description: String) -> FieldNote {
        FieldNote(description, maxLength: Limits.bibleEntries)
    }

    /// Whether it says nothing.
    var isEmpty: Bool { self == Bible() }

    /// As JSON, with its fields in order.
    func json() throws -> JSONValue { try JSONValueEncoder.encode(self) }
}

// MARK: Changes

extension Bible {
    /// With what a change gives.
    /// - Throws: ``HearthError`` `invalid_request` for texts that cannot be kept, `body_too_large` when the whole is.
    func changed(by change: Bible) throws -> Bible {
        try change.check()
        var bible = self
        for (_, _, path) in Self.texts {
            if let text = change[keyPath: path] { bible[keyPath: path] = text.isEmpty ? nil : text }
        }
        for (_, _, path) in Self.lists {
            if let list = change[keyPath: path] { bible[keyPath: path] = list.isEmpty ? nil : list }
        }
        if let relationships = change.relationships {
            bible.relationships = relationships.isEmpty ? nil : relationships
        }
        if let extra = change.extra {
            let merged = Self.merged(extra, into: bible.extra ?? [:])
            // The literal would be JSON's null.
            bible.extra = merged.objectValue?.isEmpty == true ? Optional.none : merged
        }
        try bible.checkSize()
        return bible
    }

    /// With what another bible says where this one says nothing; lists and `extra` have the entries of both.
    func filled(from other: Bible) -> Bible {
        var bible = self
        for (_, _, path) in Self.texts where bible[keyPath: path] == nil { bible[keyPath: path] = other[keyPath: path] }
        for (_, _, path) in Self.lists {
            let own = bible[keyPath: path] ?? []
            let both = own + (other[keyPath: path] ?? []).filter { !own.contains($0) }
            bible[keyPath: path] = both.isEmpty ? nil : Array(both.prefix(Limits.bibleEntries))
        }
        let own = bible.relationships ?? []
        let both = own + (other.relationships ?? []).filter { !own.contains($0) }
        bible.relationships = both.isEmpty ? nil : Array(both.prefix(Limits.bibleEntries))
        if let extra = other.extra { bible.extra = Self.merged(bible.extra ?? [:], into: extra) }
        // What does not fit stays with the other one's versions.
        return (try? bible.checkSize()) == nil ? self : bible
    }

    /// RFC 7396. The depth is bounded by the check before.
    private static func merged(_ patch: JSONValue, into target: JSONValue) -> JSONValue {
        guard let patch = patch.objectValue else { return patch }
        var result = target.objectValue ?? JSONObject()
        for member in patch.members {
            if member.value.isNull {
                result[member.key] = nil
            } else {
                result[member.key] = merged(member.value, into: result[member.key] ?? .null)
            }
        }
        return .object(result)
    }

    private func check() throws(HearthError) {
        for (field, _, path) in Self.texts {
            try PlainText.check(self[keyPath: path], field: field)
        }
        for (field, _, path) in Self.lists {
            for entry in self[keyPath: path] ?? [] {
                guard (1...Limits.bibleEntry).contains(entry.unicodeScalars.count) else {
                    throw HearthError(
                        .invalidRequest, "An entry of `\(field)` is empty or too long.",
                        hint: "1 to \(Limits.bibleEntry) characters.")
                }
                try PlainText.check(entry, field: field)
            }
        }
        for relationship in relationships ?? [] {
            try PlainText.check(relationship.with, field: "with")
            try PlainText.check(relationship.relation, field: "relation")
        }
        guard let extra else { return }
        guard extra.objectValue != nil, Self.isFlat(extra, within: Limits.bibleExtraDepth) else {
            throw HearthError(
                .invalidRequest, "`extra` is no object, or is nested too deeply.",
                hint: "A JSON object, at most \(Limits.bibleExtraDepth) levels deep.")
        }
    }

    private func checkSize() throws {
        let extra = extra?.encoded().count ?? 0
        guard extra <= Limits.bibleExtraBytes else {
            throw HearthError(
                .bodyTooLarge, "`extra` would have \(extra) bytes.",
                hint: "At most \(Limits.bibleExtraBytes) are allowed.")
        }
        let all = try json().encoded().count
        guard all <= Limits.bibleBytes else {
            throw HearthError(
                .bodyTooLarge, "The bible would have \(all) bytes.", hint: "At most \(Limits.bibleBytes) are allowed.")
        }
    }

    private static func isFlat(_ value: JSONValue, within depth: Int) -> Bool {
        let parts = value.objectValue?.members.map(\.value) ?? value.arrayValue ?? []
        return parts.isEmpty || depth > 0 && parts.allSatisfy { isFlat($0, within: depth - 1) }
    }
}
