import HearthCore
import HearthJSON

extension Studio {
    func presetOperations() -> [Operation] { presetChanges() + presetReads() }

    private func presetReads() -> [Operation] {
        [
            Operation(
                .init(
                    "studio.presets.list", "List the style presets: the built-in ones, then your own.",
                    description: """
                        A preset is a template around the prompt, what is to be avoided, and the settings of a \
                        sampler. Requests name one by `style_preset`; a project's `style` is the one of its requests \
                        that name none.
                        """,
                    permission: .read, hints: .reads,
                    routes: [Route(.get, "/api/presets"), Route(.get, "/api/anime/presets")]),
                input: NoFields.self, output: Page<StylePreset>.self, run: listPresets),
            Operation(
                .init(
                    "studio.presets.get", "Show one style preset.",
                    description: "Answers a built-in preset or one of your own.",
                    permission: .read, hints: .reads,
                    routes: [Route(.get, "/api/presets/{preset}"), Route(.get, "/api/anime/presets/{preset}")]),
                input: PresetReference.self, output: StylePreset.self
            ) { input, context in
                let table = table
                return try await store.read { db in try table.preset(input.preset, of: context.tenant, in: db) }
            },
        ]
    }

    private func presetChanges() -> [Operation] {
        [
            Operation(
                .init(
                    "studio.presets.create", "Add a style preset of your own.",
                    description: """
                        `positive` has `{prompt}` once. What is not given has the usual values: \
                        \(StylePreset.Default.steps) steps of \(StylePreset.Default.sampler) with \
                        \(StylePreset.Default.scheduler). The names of built-in presets are refused with `conflict`.
                        """,
                    permission: .write, hints: .adds,
                    routes: [Route(.post, "/api/presets"), Route(.post, "/api/anime/presets")], successStatus: 201),
                input: CreatePreset.self, output: StylePreset.self, run: createPreset),
            Operation(
                .init(
                    "studio.presets.update", "Change a style preset of your own.",
                    description: """
                        Changes the fields that are given and leaves the others as they are. What was made with the \
                        preset keeps the prompt that it was made with.
                        """,
                    permission: .write, hints: .replaces,
                    routes: [Route(.patch, "/api/presets/{preset}"), Route(.patch, "/api/anime/presets/{preset}")]),
                input: UpdatePreset.self, output: StylePreset.self, run: updatePreset),
            Operation(
                .init(
                    "studio.presets.delete", "Delete a style preset of your own.",
                    description: "Refused with `conflict` while a project's style is this preset.",
                    permission: .write, hints: .removes,
                    routes: [Route(.delete, "/api/presets/{preset}"), Route(.delete, "/api/anime/presets/{preset}")]),
                input: PresetReference.self, output: DeletedPreset.self, run: deletePreset),
        ]
    }

    private func listPresets(_ input: NoFields, _ context: OperationContext) async throws -> Page<StylePreset> {
        let table = table
        let own = try await store.read { db in try table.ownPresets(of: context.tenant, in: db) }
        return Page(items: StylePreset.builtIn + own, nextCursor: nil)
    }

    private func createPreset(_ input: CreatePreset, _ context: OperationContext) async throws -> StylePreset {
        let preset = try StylePreset(input)
        let (table, tenant, now) = (table, context.tenant, clock.now())
        let taken = try await quotas?.take(TenantUsage(records: 1), for: tenant)
        defer { withExtendedLifetime(taken) {} }
        try await store.write { db in try table.insert(preset, tenant: tenant, in: db, now: now) }
        return preset
    }

    private func updatePreset(_ input: UpdatePreset, _ context: OperationContext) async throws -> StylePreset {
        let (table, tenant) = (table, context.tenant)
        return try await store.write { db in
            let preset = try changeable(input.preset, of: tenant, in: db).changed(input)
            try table.replace(preset, tenant: tenant, in: db)
            return preset
        }
    }

    private func deletePreset(_ input: PresetReference, _ context: OperationContext) async throws -> DeletedPreset {
        let (table, tenant) = (table, context.tenant)
        return try await store.remove { db in
            let preset = try changeable(input.preset, of: tenant, in: db)
            try table.deletePreset(preset.id, of: tenant, in: db)
            return DeletedPreset(deleted: preset.id)
        }
    }

    /// A preset of the tenant's own.
    private func changeable(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> StylePreset {
        let preset = try table.preset(id, of: tenant, in: db)
        guard !preset.isBuiltIn else {
            throw HearthError(
                .conflict, "`\(id)` is a preset that came with the program.",
                hint: "Add one of your own with the values that you want.")
        }
        return preset
    }
}

/// Output of `studio.presets.delete`.
struct DeletedPreset: Sendable, Codable, SchemaDescribed {
    var deleted: String

    static let fields = ["deleted": FieldNote("Identifier of the preset that was deleted.")]
}
