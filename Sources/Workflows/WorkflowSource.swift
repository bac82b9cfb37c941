package import HearthCore

/// Where workflows are found by the names that recipes have.
package protocol WorkflowSource: Sendable {
    /// A workflow that comes with Hearth, or that the tenant has added.
    /// - Throws: ``HearthError`` `not_found`.
    func workflow(_ id: String, of tenant: Tenant) async throws -> Workflow
}

/// Only the workflows that come with Hearth.
package struct BuiltInWorkflowSource: WorkflowSource {
    /// A source of the workflows that ship with the program, and of no others.
    package init() {}

    /// One that comes with Hearth.
    /// - Throws: ``HearthError`` `not_found`.
    package func workflow(_ id: String, of tenant: Tenant) async throws -> Workflow {
        try BuiltInWorkflows.require(id)
    }
}

extension BuiltInWorkflows {
    /// - Throws: ``HearthError`` `not_found`.
    package static func require(_ id: String) throws(HearthError) -> Workflow {
        let all = try all.get()
        guard let workflow = all.first(where: { $0.id == id }) else {
            throw HearthError(
                .notFound, "There is no workflow `\(id.prefix(64))`.",
                hint: "`hearth studio workflows list` shows them; `add` takes an exported file.")
        }
        return workflow
    }
}
