import Foundation
import HearthCore
import HearthJSON

/// Presets that tenants have added.
extension StudioTable {
    /// - Throws: ``HearthError`` `not_found`, with the presets that there are.
    func preset(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> StylePreset {
        if let preset = StylePreset.builtIn(id) { return preset }
        guard let preset = try ownPreset(id, of: tenant, in: db) else {
            throw try unknownPreset(id, of: tenant, in: db)
        }
        return preset
    }

    func ownPreset(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> StylePreset? {
        try db.row(
            "SELECT content FROM style_presets WHERE tenant = \(tenant) AND id = \(id)", as: StoredPreset.self)?.preset
    }

    /// Those of a tenant, in the order of their identifiers.
    func ownPresets(of tenant: Tenant, in db: any SQLConnection) throws -> [StylePreset] {
        try db.rows(
            "SELECT content FROM style_presets WHERE tenant = \(tenant) ORDER BY id", as: StoredPreset.self
        ).map(\.preset)
    }

    /// - Throws: ``HearthError`` `conflict` when the tenant has one of this name, or as many as it may have.
    func insert(_ preset: StylePreset, tenant: Tenant, in db: any SQLConnection, now: Int64) throws {
        let count =
            try db.value("SELECT COUNT(*) FROM style_presets WHERE tenant = \(tenant)", as: Int.self) ?? 0
        guard count < Limits.presetsOfTenant else {
            throw HearthError(
                .conflict, "There are \(count) presets already.",
                hint: "At most \(Limits.presetsOfTenant) of a tenant; delete one first.")
        }
        do {
            try db.execute(
                """
                INSERT INTO style_presets (tenant, id, content, created_at)
                VALUES (\(tenant), \(preset.id), \(StoredPreset.text(of: preset)), \(now))
                """)
        } catch let error as StoreConstraintError where error.kind == .unique {
            throw HearthError(
                .conflict, "There is already a preset `\(preset.id)`.", hint: "Change it, or choose another `id`.")
        }
    }

    func replace(_ preset: StylePreset, tenant: Tenant, in db: any SQLConnection) throws {
        try db.execute(
            """
            UPDATE style_presets SET content = \(StoredPreset.text(of: preset))
            WHERE tenant = \(tenant) AND id = \(preset.id)
            """)
    }

    /// - Throws: ``HearthError`` `conflict` when a project's style is this preset.
    func deletePreset(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws {
        let user = try db.value(
            "SELECT name FROM kept_projects WHERE tenant = \(tenant) AND style = \(id) LIMIT 1", as: String.self)
        if let user {
            throw HearthError(
                .conflict, "The project \(user) has this style.", hint: "Give the project another `style` first.")
        }
        try db.execute("DELETE FROM style_presets WHERE tenant = \(tenant) AND id = \(id)")
    }

    private func unknownPreset(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> HearthError {
        let names = StylePreset.builtIn.map(\.id) + (try ownPresets(of: tenant, in: db).map(\.id))
        let nearest = NearestName.of(id, among: names).map { "Did you mean `\($0)`? " } ?? ""
        let shown = names.prefix(20).map { "`\($0)`" }.joined(separator: ", ") + (names.count > 20 ? ", …" : "")
        return HearthError(
            .notFound, "There is no style preset `\(id.prefix(Limits.presetWord))`.",
            hint: "\(nearest)There are: \(shown).")
    }
}

/// A preset as its row holds it: JSON, because only the identifier is ever asked for.
private struct StoredPreset: SQLDecodable {
    let preset: StylePreset

    init(row: inout SQLRow) throws {
        let value = try JSONParser.read(Data(try row.next(String.self).utf8))
        preset = try JSONValueDecoder.read(StylePreset.self, from: value)
    }

    static func text(of preset: StylePreset) throws -> String {
        try JSONValueEncoder.encode(preset).encodedText()
    }
}
