import HearthCore
import HearthJSON

extension StudioTable {
    /// Brings the full-text index up to a character's rows; in the transaction that changed them.
    func index(_ id: String, in db: any SQLConnection) throws {
        let found = try db.row(
            "SELECT tenant, name, COALESCE(handle, ''), COALESCE(description, '') FROM characters WHERE id = \(id)"
        ) { row in
            (
                tenant: try row.next(String.self), name: try row.next(String.self), handle: try row.next(String.self),
                description: try row.next(String.self)
            )
        }
        guard let found else { return }
        let number = try db.value(
            """
            INSERT INTO character_texts (character_id) VALUES (\(id))
            ON CONFLICT (character_id) DO UPDATE SET character_id = excluded.character_id RETURNING id
            """, as: Int64.self)
        guard let number else { throw HearthError(.internalError, "The search has no row for a character.") }
        let bible = try bible(ofCharacter: id, in: db).bible
        let body = ([found.description] + bible.searchTexts.map(\.text)).joined(separator: "\n")
        try db.dialect.textIndex.set(
            TextEntry(number: number, scope: found.tenant, title: "\(found.name) \(found.handle)", body: body),
            of: Self.textTable, in: db)
    }

    /// The characters of a tenant, or of one project, whose texts have all words of a search; the best first.
    func characters(
        matching query: TextQuery, project: String?, limit: Int, of tenant: Tenant, in db: any SQLConnection
    ) throws -> [StudioCharacter] {
        let condition: SQL = if let project { " AND c.project_id = \(project)" } else { "" }
        let matches = db.dialect.textIndex.matches(query, scope: tenant.rawValue, of: Self.textTable)
        return try db.rows(
            """
            SELECT \(StudioCharacter.columns) FROM (\(matches)) m
              JOIN character_texts t ON t.id = m.number
              JOIN kept_characters c ON c.id = t.character_id
            WHERE c.tenant = \(tenant)\(condition) ORDER BY m.rank, c.id LIMIT \(limit)
            """, as: StudioCharacter.self)
    }
}

extension Bible {
    /// Everything that it says, by the field that says it.
    var searchTexts: [(field: String, text: String)] {
        let texts = Self.texts.compactMap { entry in
            self[keyPath: entry.path].map { (field: entry.field, text: $0) }
        }
        let people = (relationships ?? []).map { (field: "relationships", text: "\($0.with): \($0.relation)") }
        let lists = Self.lists.flatMap { entry in
            (self[keyPath: entry.path] ?? []).map { (field: entry.field, text: $0) }
        }
        return texts + people + lists + (extra.map { Self.texts(in: $0, field: "extra") } ?? [])
    }

    /// Texts and numbers of free JSON, with the names of its members.
    private static func texts(in value: JSONValue, field: String) -> [(field: String, text: String)] {
        if let object = value.objectValue {
            return object.members.flatMap { member in
                member.value.objectValue == nil && member.value.arrayValue == nil
                    ? [(field: field, text: "\(member.key): \(plain(member.value))")]
                    : [(field: field, text: member.key)] + texts(in: member.value, field: field)
            }
        }
        if let array = value.arrayValue { return array.flatMap { texts(in: $0, field: field) } }
        return [(field: field, text: plain(value))]
    }

    private static func plain(_ value: JSONValue) -> String { value.stringValue ?? value.encodedText() }
}
