package import HearthCore
import HearthJSON
import HearthJobs
import HearthWorkflows

import struct Foundation.Data

/// Workflows of the generator `comfyui`: those that come with Hearth, and those that tenants add.
package struct WorkflowOperations: Feature {
    private let store: any Store
    private let clock: any WallClock
    private let quotas: TenantQuotas?
    private let table = WorkflowTable()

    /// - Parameter quotas: Asked before anything is stored; nil: no tenant is limited.
    package init(store: any Store, clock: any WallClock, quotas: TenantQuotas? = nil) {
        self.store = store
        self.clock = clock
        self.quotas = quotas
    }

    /// The operations on workflows.
    package func operations() -> [Operation] {
        [
            Operation(
                .init(
                    "studio.workflows.list", "List the workflows of the generator comfyui.",
                    description: """
                        Those that come with Hearth, then those that were added. Whether a server can run one is \
                        found out when it is used, because servers differ in their nodes and models.
                        """,
                    permission: .read, hints: .reads,
                    routes: [Route(.get, "/api/workflows"), Route(.get, "/api/anime/workflows")]),
                input: NoFields.self, output: WorkflowList.self, run: list),
            Operation(
                .init(
                    "studio.workflows.get", "Show a workflow with its slots and its graph.",
                    description: """
                        A slot is a place into which a request is written; each is said as NODE.INPUT. The graph is \
                        in the API format of ComfyUI.
                        """,
                    permission: .read, hints: .reads,
                    routes: [
                        Route(.get, "/api/workflows/{workflow}"), Route(.get, "/api/anime/workflows/{workflow}"),
                    ]),
                input: WorkflowReference.self, output: WorkflowDetails.self, run: get),
            Operation(
                .init(
                    "studio.workflows.add", "Add a workflow that was exported from ComfyUI.",
                    description: """
                        The file is what Workflow, Export (API) in ComfyUI writes. Slots are found by looking at the \
                        graph, by titles of nodes such as `hearth:prompt`, and by what `slots` says, which comes \
                        first: `prompt=6.text`, or `prompt=My title.text`; `seed=` says that a slot is not used. A \
                        name that is taken is refused, because recipes name workflows.
                        """,
                    permission: .write, hints: .adds,
                    routes: [Route(.post, "/api/workflows"), Route(.post, "/api/anime/workflows")],
                    attachment: .file(isRequired: true, mediaTypes: []), successStatus: 201),
                input: AddWorkflow.self, output: WorkflowDetails.self, run: add),
            Operation(
                .init(
                    "studio.workflows.remove", "Remove a workflow that was added.",
                    description: "Jobs that name it and have not run yet will fail; outputs stay.",
                    permission: .write, hints: .removes,
                    routes: [
                        Route(.delete, "/api/workflows/{workflow}"), Route(.delete, "/api/anime/workflows/{workflow}"),
                    ]),
                input: WorkflowReference.self, output: RemovedWorkflow.self, run: remove),
        ]
    }

    private func list(_ input: NoFields, _ context: OperationContext) async throws -> WorkflowList {
        let (table, tenant) = (table, context.tenant)
        let added = try await store.read { db in try table.all(of: tenant, in: db) }
        return WorkflowList(
            items: try BuiltInWorkflows.all.get().map { WorkflowSummary($0) }
                + added.map { WorkflowSummary($0.workflow, createdAt: $0.createdAt) })
    }

    private func get(_ input: WorkflowReference, _ context: OperationContext) async throws -> WorkflowDetails {
        let tenant = context.tenant
        return WorkflowDetails(
            try await store.read { db in try StoredWorkflows.require(input.workflow, of: tenant, in: db) })
    }

    private func add(_ input: AddWorkflow, _ context: OperationContext) async throws -> WorkflowDetails {
        let workflow = try WorkflowFile.read(
            context.file ?? Data(), id: input.name, summary: input.summary, kind: input.kind, slots: input.slots ?? [])
        guard try !BuiltInWorkflows.all.get().contains(where: { $0.id == workflow.id }) else {
            throw WorkflowTable.taken(workflow.id)
        }
        let (table, clock, tenant) = (table, clock, context.tenant)
        let usage = TenantUsage(storedBytes: Int64(workflow.json.encoded().count), records: 1)
        let taken = try await quotas?.take(usage, for: tenant)
        defer { withExtendedLifetime(taken) {} }
        try await store.write { db in try table.insert(workflow, of: tenant, in: db, now: clock.now()) }
        return WorkflowDetails(workflow)
    }

    private func remove(
        _ input: WorkflowReference, _ context: OperationContext
    ) async throws -> RemovedWorkflow {
        guard try !BuiltInWorkflows.all.get().contains(where: { $0.id == input.workflow }) else {
            throw HearthError(
                .conflict, "The workflow `\(input.workflow)` comes with Hearth and cannot be removed.",
                hint: "Only workflows that were added can be.")
        }
        let (table, tenant) = (table, context.tenant)
        try await store.write { db in try table.delete(input.workflow, of: tenant, in: db) }
        return RemovedWorkflow(removed: input.workflow)
    }
}

/// A workflow by its name.
struct WorkflowReference: Sendable, Codable, SchemaDescribed {
    var workflow: String

    static let fields = [
        "workflow": FieldNote("Name of a workflow.", minLength: 1, maxLength: 64, example: "txt2img")
    ]
}

/// Input of `studio.workflows.add`.
struct AddWorkflow: Sendable, Codable, SchemaDescribed {
    var name: String
    var summary: String?
    var kind: OutputKind?
    var slots: [String]?

    static let fields = [
        "name": FieldNote(
            "How requests name it: lower case letters, digits, `-` and `_`.", minLength: 1, maxLength: 64,
            example: "portrait"),
        "summary": FieldNote("One line for people.", minLength: 1, maxLength: 200),
        "kind": FieldNote("`image` or `video`; what its output nodes make when absent."),
        "slots": FieldNote(
            "Places of values, each as SLOT=NODE.INPUT; the node by its identifier or its title. Slots: "
                + WorkflowSlot.allCases.map(\.rawValue).joined(separator: ", ") + ".",
            maxLength: 100),
    ]
}

/// Output of `studio.workflows.list`.
struct WorkflowList: Sendable, Codable {
    var items: [WorkflowSummary]
}

/// A workflow as a line of a list.
struct WorkflowSummary: Sendable, Codable, SchemaDescribed {
    var workflow: String
    var kind: OutputKind
    var mechanism: String
    var isBuiltIn: Bool
    var summary: String
    var createdAt: Int64?

    static let fields = [
        "workflow": FieldNote("Its name."),
        "mechanism": FieldNote("How it uses a picture of a character; `none`: it takes none."),
        "is_built_in": FieldNote("Whether it comes with Hearth."),
        "created_at": FieldNote("When it was added, in milliseconds since 1970."),
    ]

    init(_ workflow: Workflow, createdAt: Int64? = nil) {
        self.workflow = workflow.id
        kind = workflow.kind
        mechanism = workflow.mechanism.rawValue
        isBuiltIn = workflow.isBuiltIn
        summary = workflow.summary
        self.createdAt = createdAt
    }
}

/// Output of `studio.workflows.get` and `studio.workflows.add`.
struct WorkflowDetails: Sendable, Codable, SchemaDescribed {
    var workflow: String
    var kind: OutputKind
    var mechanism: String
    var isBuiltIn: Bool
    var summary: String
    /// By name, in the order of ``WorkflowSlot``.
    var slots: JSONValue
    var nodes: [String]
    var graph: JSONValue

    static let fields = [
        "workflow": FieldNote("Its name."),
        "mechanism": FieldNote("How it uses a picture of a character; `none`: it takes none."),
        "is_built_in": FieldNote("Whether it comes with Hearth."),
        "slots": FieldNote("Where each value of a request goes: lists of NODE.INPUT by slot."),
        "nodes": FieldNote("Classes of nodes that a server must have."),
        "graph": FieldNote("In the API format of ComfyUI."),
    ]

    init(_ workflow: Workflow) {
        self.workflow = workflow.id
        kind = workflow.kind
        mechanism = workflow.mechanism.rawValue
        isBuiltIn = workflow.isBuiltIn
        summary = workflow.summary
        slots = workflow.json["slots"] ?? [:]
        nodes = workflow.graph.classNames
        graph = workflow.graph.json
    }
}

/// Output of `studio.workflows.remove`.
struct RemovedWorkflow: Sendable, Codable, SchemaDescribed {
    var removed: String

    static let fields = ["removed": FieldNote("Name of the workflow that is gone.")]
}
