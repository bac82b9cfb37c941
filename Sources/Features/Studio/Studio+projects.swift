import HearthCore
import HearthJSON
import HearthVectorStore

extension Studio {
    func projectOperations() -> [Operation] {
        [
            Operation(
                .init(
                    "studio.projects.create", "Create a project.",
                    description: """
                        Answers the new project. Names are unique within the tenant; a name that is \
                        taken is refused with `conflict`. `style` is the preset of requests that name none.
                        """,
                    permission: .write, hints: .adds,
                    routes: [Route(.post, "/api/projects"), Route(.post, "/api/anime/projects")], successStatus: 201),
                input: CreateProject.self, output: Project.self, run: createProject),
            Operation(
                .init(
                    "studio.projects.list", "List the projects, newest first.",
                    description: "Answers a page; pass its `next_cursor` as `cursor` to get the next one.",
                    permission: .read, hints: .reads,
                    routes: [Route(.get, "/api/projects"), Route(.get, "/api/anime/projects")],
                    aliases: ["list_projects"]),
                input: PageInput.self, output: Page<Project>.self, run: listProjects),
            Operation(
                .init(
                    "studio.projects.get", "Show one project.",
                    description: "Takes the project's identifier or its name.",
                    permission: .read, hints: .reads,
                    routes: [
                        Route(.get, "/api/projects/{project}"), Route(.get, "/api/anime/projects/{project}"),
                    ]),
                input: ProjectReference.self, output: Project.self, run: getProject),
            Operation(
                .init(
                    "studio.projects.update", "Give a project another name or style.",
                    description: """
                        Changes the fields that are given. Characters, pictures and files stay where they are, and \
                        what was made in the old style stays as it is.
                        """,
                    permission: .write, hints: .replaces,
                    routes: [
                        Route(.patch, "/api/projects/{project}"), Route(.patch, "/api/anime/projects/{project}"),
                    ], aliases: ["studio.projects.rename"]),
                input: UpdateProject.self, output: Project.self, run: updateProject),
            Operation(
                .init(
                    "studio.projects.delete", "Delete a project with its characters, files and vectors.",
                    description: """
                        Deletes all characters of the project with their pictures, files and vectors, \
                        and cancels the jobs about them. All of it is gone for every caller at once; the \
                        rows and files of a large project are removed in the background. This cannot be \
                        undone. Answers how many there were.
                        """,
                    permission: .write, hints: .removes,
                    routes: [
                        Route(.delete, "/api/projects/{project}"), Route(.delete, "/api/anime/projects/{project}"),
                    ]),
                input: ProjectReference.self, output: Deletion.self, run: deleteProject),
        ]
    }

    private func createProject(_ input: CreateProject, _ context: OperationContext) async throws -> Project {
        let name = try StudioName(input.name, field: "name")
        let (table, clock) = (table, clock)
        let taken = try await quotas?.take(TenantUsage(records: 1), for: context.tenant) { db in
            // One whose name is taken adds nothing: it is refused because of its name, whatever the quota.
            TenantUsage(records: try table.hasProject(name, of: context.tenant, in: db) ? 0 : 1)
        }
        defer { withExtendedLifetime(taken) {} }
        return try await store.write { db in
            let now = clock.now()
            let id = Identifier.make(now: now)
            let style = try input.style.map { try table.preset($0, of: context.tenant, in: db).id }
            try table.insertProject(id: id, name, style: style, tenant: context.tenant, in: db, now: now)
            return try table.project(id, of: context.tenant, in: db)
        }
    }

    private func listProjects(_ input: PageInput, _ context: OperationContext) async throws -> Page<Project> {
        let page = try input.page()
        let table = table
        return try await store.read { db in try table.projects(page, of: context.tenant, in: db) }
    }

    private func getProject(_ input: ProjectReference, _ context: OperationContext) async throws -> Project {
        let table = table
        return try await store.read { db in
            let id = try table.requireProjectID(input.project, of: context.tenant, in: db)
            return try table.project(id, of: context.tenant, in: db)
        }
    }

    private func updateProject(_ input: UpdateProject, _ context: OperationContext) async throws -> Project {
        guard input.name != nil || input.style != nil else {
            throw HearthError(.invalidRequest, "There is nothing to change.", hint: "Send `name` or `style`.")
        }
        let name = try input.name.map { try StudioName($0, field: "name") }
        let (table, tenant) = (table, context.tenant)
        return try await store.write { db in
            let id = try table.requireProjectID(input.project, of: tenant, in: db)
            if let name { try table.renameProject(id, to: name, of: tenant, in: db) }
            if let style = input.style {
                try table.setStyle(table.preset(style, of: tenant, in: db).id, ofProject: id, of: tenant, in: db)
            }
            return try table.project(id, of: tenant, in: db)
        }
    }

    private func deleteProject(_ input: ProjectReference, _ context: OperationContext) async throws -> Deletion {
        let (table, vectors, tenant, now) = (table, vectors, context.tenant, clock.now())
        let (id, counts) = try await store.read { db in
            let id = try table.requireProjectID(input.project, of: tenant, in: db)
            return (id, try table.deletionCounts(of: .project(id), tenant: tenant, in: db))
        }
        let hidden = Locked<[String]>([])
        try await delete { db in
            _ = try table.project(id, of: tenant, in: db)
            let collections = try vectors.remove(scope: id, of: tenant, in: db, now: now)
            hidden.withLock { $0 = collections }
            try table.hideProject(id, of: tenant, in: db, now: now)
            return StudioTable.Deletion(owner: .project(id), tenant: tenant)
        }
        await DeletedCollections(store: store).begin(hidden.withLock { $0 })
        return Deletion(deleted: id, counts)
    }
}

/// Input of `studio.projects.create`.
struct CreateProject: Sendable, Codable, SchemaDescribed {
    var name: String
    var style: String?

    static let fields = [
        "name": FieldNote(
            "Unique within the tenant; case does not matter.", minLength: 1, example: "Lantern Woods",
            schema: ["format": "name"]),
        "style": styleField,
    ]
}

/// A project by its id or name.
struct ProjectReference: Sendable, Codable, SchemaDescribed {
    var project: String

    static let fields = ["project": projectField]
}

/// Input of `studio.projects.update`.
struct UpdateProject: Sendable, Codable, SchemaDescribed {
    var project: String
    var name: String?
    var style: String?

    static let fields = [
        "project": projectField, "name": FieldNote("The new name.", minLength: 1, schema: ["format": "name"]),
        "style": styleField,
    ]
}

private let styleField = FieldNote(
    "Style preset of requests that name none: `\(StylePreset.defaultID)` when absent.", minLength: 1,
    maxLength: Limits.presetWord, example: "cyberpunk")

/// What a deletion removed.
struct Deletion: Sendable, Codable, SchemaDescribed {
    var deleted: String
    var characterCount: Int
    var anchorCount: Int
    var outputCount: Int

    static let fields = [
        "deleted": FieldNote("Identifier of what was deleted."),
        "character_count": FieldNote("Characters that are gone."),
        "anchor_count": FieldNote("Pictures of characters that went with it."),
        "output_count": FieldNote("Outputs that went with it."),
    ]

    init(deleted: String, _ counts: DeletionCounts) {
        self.deleted = deleted
        (characterCount, anchorCount, outputCount) = (counts.characters, counts.anchors, counts.outputs)
    }
}

/// What goes with a project or a character.
struct DeletionCounts: Sendable {
    var characters = 0
    var anchors = 0
    var outputs = 0
}

let projectField = FieldNote(
    "Identifier or name of a project.", minLength: 1, example: "default", schema: ["format": "name"])
