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
                        taken is refused with `conflict`.
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
                    "studio.projects.rename", "Give a project another name.",
                    description: "Characters, pictures and files stay where they are; only the name changes.",
                    permission: .write, hints: .replaces,
                    routes: [
                        Route(.patch, "/api/projects/{project}"), Route(.patch, "/api/anime/projects/{project}"),
                    ]),
                input: RenameProject.self, output: Project.self, run: renameProject),
            Operation(
                .init(
                    "studio.projects.delete", "Delete a project with its characters, files and vectors.",
                    description: """
                        Deletes all characters of the project with their pictures, files and vectors, \
                        and cancels the jobs about them. All of it is gone for every caller at once; the \
                        rows and files of a large project are removed in the background. This cannot be \
                        undone.
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
        let taken = try await quotas?.take(TenantUsage(records: 1), for: context.tenant)
        defer { withExtendedLifetime(taken) {} }
        return try await store.write { db in
            let now = clock.now()
            let id = Identifier.make(now: now)
            try table.insertProject(id: id, name, tenant: context.tenant, in: db, now: now)
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

    private func renameProject(_ input: RenameProject, _ context: OperationContext) async throws -> Project {
        let name = try StudioName(input.name, field: "name")
        let table = table
        return try await store.write { db in
            let id = try table.requireProjectID(input.project, of: context.tenant, in: db)
            try table.renameProject(id, to: name, of: context.tenant, in: db)
            return try table.project(id, of: context.tenant, in: db)
        }
    }

    private func deleteProject(_ input: ProjectReference, _ context: OperationContext) async throws -> Deletion {
        let (table, vectors, tenant, now) = (table, vectors, context.tenant, clock.now())
        let (id, count) = try await store.read { db in
            let id = try table.requireProjectID(input.project, of: tenant, in: db)
            return (id, try table.countAnchors(of: .project(id), tenant: tenant, in: db))
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
        return Deletion(deleted: id, anchorCount: count)
    }
}

/// Input of `studio.projects.create`.
struct CreateProject: Sendable, Codable, SchemaDescribed {
    var name: String

    static let fields = [
        "name": FieldNote(
            "Unique within the tenant; case does not matter.", minLength: 1, example: "Lantern Woods",
            schema: ["format": "name"])
    ]
}

/// A project by its id or name.
struct ProjectReference: Sendable, Codable, SchemaDescribed {
    var project: String

    static let fields = ["project": projectField]
}

/// Input of `studio.projects.rename`.
struct RenameProject: Sendable, Codable, SchemaDescribed {
    var project: String
    var name: String

    static let fields = [
        "project": projectField, "name": FieldNote("The new name.", minLength: 1, schema: ["format": "name"]),
    ]
}

/// What a deletion removed.
struct Deletion: Sendable, Codable, SchemaDescribed {
    var deleted: String
    var anchorCount: Int

    static let fields = [
        "deleted": FieldNote("Identifier of what was deleted."),
        "anchor_count": FieldNote("Pictures that went with it."),
    ]
}

let projectField = FieldNote(
    "Identifier or name of a project.", minLength: 1, example: "default", schema: ["format": "name"])
