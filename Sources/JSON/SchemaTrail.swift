/// What the recorders of one schema share: the types under way and the notes that fit nowhere.
final class SchemaTrail {
    /// Another sample would not help.
    struct Impasse: Error {
        let error: JSONError

        init(_ message: String, cause: (any Error)? = nil) {
            error = JSONError(message, kind: .fault, cause: cause)
        }
    }

    private(set) var strayNotes: [String] = []
    private var underWay: [ObjectIdentifier] = []

    init() {}

    /// Runs `body` with `type` under way.
    /// - Throws: ``Impasse`` when it is under way already.
    func entering<Result>(_ type: Any.Type, _ body: () throws -> Result) throws -> Result {
        let identifier = ObjectIdentifier(type)
        guard !underWay.contains(identifier) else {
            throw Impasse("\(type) contains itself: such a type has no schema here.")
        }
        underWay.append(identifier)
        defer { underWay.removeLast() }
        return try body()
    }

    /// Texts that types with a form of their own are likely to accept, the most plain one first.
    static func samples(for type: Any.Type) -> [String] {
        let usual = ["", "a", "0", "01890a5d-ac96-774b-bcce-b302099a8057", "2026-01-01T00:00:00Z", "http://localhost"]
        return (type as? any SchemaSampled.Type).map { [$0.schemaSample] + usual } ?? usual
    }

    /// Adds the notes of a described type to its schema.
    func annotate(_ schema: JSONValue, with type: Any.Type) -> JSONValue {
        guard let described = type as? any SchemaDescribed.Type else { return schema }
        var properties = schema["properties"]?.objectValue ?? JSONObject()
        for (key, note) in described.fields.sorted(by: { $0.key < $1.key }) {
            guard let field = properties[key], let annotated = note.added(to: field) else {
                let stray = "\(type).\(key)"
                if !strayNotes.contains(stray) { strayNotes.append(stray) }
                continue
            }
            properties[key] = annotated
        }
        var schema = schema
        if !properties.isEmpty { schema["properties"] = .object(properties) }
        return schema
    }
}
