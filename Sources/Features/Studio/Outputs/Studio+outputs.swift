import HearthCore
import HearthJSON
import HearthJobs

/// An output by its id.
struct OutputReference: Sendable, Codable, SchemaDescribed {
    var outputID: String

    static let fields = ["output_id": FieldNote("Identifier of an output.")]
}

/// Input of `studio.outputs.list`.
struct ListOutputs: Sendable, Codable, PagedInput {
    var project: String?
    var characterID: String?
    var kind: OutputKind?
    var stylePreset: String?
    var status: JobState?
    var cursor: String?
    var limit: Int?

    static let fields = pageFields(and: [
        "project": FieldNote(
            "Identifier or name of a project; all when absent.", minLength: 1, schema: ["format": "name"]),
        "character_id": FieldNote("Only outputs of this character."),
        "kind": FieldNote("Only pictures or only videos."),
        "style_preset": FieldNote("Only outputs of this style.", minLength: 1, maxLength: 64),
        "status": FieldNote("Only outputs whose jobs are in this state."),
    ])
}

/// Output of `studio.outputs.delete`.
struct DeletedOutput: Sendable, Codable, SchemaDescribed {
    var deleted: String

    static let fields = ["deleted": FieldNote("Identifier of what was deleted.")]
}

extension Studio {
    func outputOperations() -> [Operation] {
        [
            Operation(
                .init(
                    "studio.outputs.list", "List pictures and videos that were made, newest first.",
                    description: """
                        Answers a page; pass its `next_cursor` as `cursor` to get the next one. Outputs that are still \
                        being made, have failed or were cancelled are in it as well, without a file.
                        """,
                    permission: .read, hints: .reads,
                    routes: [Route(.get, "/api/outputs"), Route(.get, "/api/anime/outputs")]),
                input: ListOutputs.self, output: Page<Output>.self, run: listOutputs),
            Operation(
                .init(
                    "studio.outputs.get", "Show one output with its recipe, files and similarity.",
                    description: """
                        The file itself is read by `file.url`, its small picture by `file.thumbnail_url`. Similarity \
                        is measured in the background and comes a little later than the file.
                        """,
                    permission: .read, hints: .reads,
                    routes: [Route(.get, "/api/outputs/{output_id}"), Route(.get, "/api/anime/outputs/{output_id}")],
                    tool: "get_output"),
                input: OutputReference.self, output: Output.self, run: getOutput),
            Operation(
                .init(
                    "studio.outputs.delete", "Delete an output with its files.",
                    description: "Deletes the row and all files, and cancels the job that would make them.",
                    permission: .write, hints: .removes,
                    routes: [
                        Route(.delete, "/api/outputs/{output_id}"), Route(.delete, "/api/anime/outputs/{output_id}"),
                    ]),
                input: OutputReference.self, output: DeletedOutput.self, run: deleteOutput),
            Operation(
                .init(
                    "studio.generators.list", "List the generators of this server, and what each of them can make.",
                    description: """
                        Says which kinds, sizes and lengths each generator makes, and what it needs. `is_default` says \
                        for which kinds it is chosen when a call names none.
                        """,
                    permission: .read, hints: .reads,
                    routes: [Route(.get, "/api/generators"), Route(.get, "/api/anime/generators")]),
                input: NoFields.self, output: GeneratorList.self
            ) { _, _ in
                GeneratorList(
                    generators: generation.descriptions.map { ListedGenerator($0, defaults: generation.defaults) })
            },
        ]
    }

    private func listOutputs(_ input: ListOutputs, _ context: OperationContext) async throws -> Page<Output> {
        let page = try input.page()
        let (table, outputTable, tenant) = (table, outputTable, context.tenant)
        return try await store.read { db in
            var filter = OutputTable.Filter()
            filter.project = try input.project.map { try table.requireProjectID($0, of: tenant, in: db) }
            filter.character = try input.characterID.map { try table.character($0, of: tenant, in: db).characterID }
            filter.kind = input.kind
            filter.stylePreset = input.stylePreset
            filter.state = input.status
            return try outputTable.outputs(filter, page, of: tenant, in: db)
        }
    }

    private func getOutput(_ input: OutputReference, _ context: OperationContext) async throws -> Output {
        let outputTable = outputTable
        return try await store.read { db in try outputTable.output(input.outputID, of: context.tenant, in: db) }
    }

    private func deleteOutput(_ input: OutputReference, _ context: OperationContext) async throws -> DeletedOutput {
        let (outputTable, tenant) = (outputTable, context.tenant)
        let output = try await store.remove { db in
            let output = try outputTable.output(input.outputID, of: tenant, in: db)
            try remove([output], of: tenant, in: db)
            return output
        }
        try await blobs.remove(output.files)
        return DeletedOutput(deleted: output.outputID)
    }

    /// Removes outputs, and cancels the work on them. The files are left to the caller.
    func remove(_ outputs: [Output], of tenant: Tenant, in db: any SQLConnection) throws {
        guard !outputs.isEmpty else { return }
        for output in outputs where !output.status.isFinal {
            try queue.cancelUnfinished(output.jobID, of: tenant, in: db)
        }
        try outputTable.delete(outputs.map(\.outputID), in: db)
    }
}

extension Output {
    /// All files of all tries.
    var files: [String] { tries.flatMap(\.files) }
}

/// Input of an operation that takes nothing.
struct NoFields: Sendable, Codable {}

/// Output of `studio.generators.list`.
struct GeneratorList: Sendable, Codable {
    var generators: [ListedGenerator]
}

/// A generator as clients see it.
struct ListedGenerator: Sendable, Codable, SchemaDescribed {
    var id: String
    var summary: String
    var kinds: [OutputKind]
    /// Kinds for which it is chosen when a call names no generator.
    var isDefault: [OutputKind]
    var needs: [String]
    var smallestSide: Int
    var largestSide: Int
    var sideStep: Int
    var shortestSeconds: Double?
    var longestSeconds: Double?
    var isReproducible: Bool
    var changesPictures: Bool

    static let fields: [String: FieldNote] = [
        "kinds": FieldNote("What it makes."),
        "is_default": FieldNote("Kinds for which it is chosen when a call names no generator."),
        "needs": FieldNote("What must be there before it can run: `program ffmpeg`."),
        "smallest_side": FieldNote("Pixels."), "largest_side": FieldNote("Pixels."),
        "side_step": FieldNote("Width and height are multiples of this."),
        "shortest_seconds": FieldNote("Of a video."), "longest_seconds": FieldNote("Of a video."),
        "is_reproducible": FieldNote("Whether the same recipe makes the same bytes."),
        "changes_pictures": FieldNote("Whether it changes a picture, or begins a video with one."),
    ]

    init(_ description: GeneratorDescription, defaults: [OutputKind: String]) {
        id = description.id
        summary = description.summary
        kinds = OutputKind.allCases.filter(description.kinds.contains)
        isDefault = OutputKind.allCases.filter { defaults[$0] == description.id }
        needs = description.needs.map { "\($0)" }.sorted()
        smallestSide = description.sides.lowerBound
        largestSide = description.sides.upperBound
        sideStep = description.sideStep
        shortestSeconds = description.seconds?.lowerBound
        longestSeconds = description.seconds?.upperBound
        isReproducible = description.isReproducible
        changesPictures = description.changesPictures
    }
}
