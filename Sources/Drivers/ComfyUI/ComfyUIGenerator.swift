package import HearthCore
import HearthJSON
import HearthJobs
package import HearthWorkflows

/// Makes pictures and videos at ComfyUI servers, by workflows.
///
/// A prompt has the identifier of its job, so an attempt that follows a crash finds what the one before has begun:
/// in a queue, running, or finished in the history.
package struct ComfyUIGenerator: Generator {
    package static let id = "comfyui"

    package let description: GeneratorDescription
    private let servers: ComfyServers
    private let workflows: any WorkflowSource
    private let times: ComfyTimes

    /// - Parameter servers: addresses, such as `http://127.0.0.1:8188`.
    /// - Throws: ``HearthError`` `invalid_configuration` for one that is none, and for too many.
    package init(
        servers: [String], workflows: any WorkflowSource, times: ComfyTimes = ComfyTimes()
    ) throws(HearthError) {
        description = try ComfyUIDescription.of(servers: servers)
        var all: [ComfyServer] = []
        for url in servers { all.append(try ComfyServer(url, times: times)) }
        self.servers = ComfyServers(all)
        self.workflows = workflows
        self.times = times
    }

    /// Lets the server that is best for it make the output.
    /// - Throws: ``HearthError`` or a job's failure, `CancellationError`.
    package func generate(_ work: GenerationWork) async throws -> GeneratedFile {
        guard Identifier.isValid(work.workID) else {
            throw HearthError(.internalError, "A prompt's identifier is a lower case UUID.")
        }
        let candidates = try await candidates(for: work)
        let known = try await servers.find(work.workID)
        let choice = try await servers.choose(candidates, at: known?.server)
        return try await ComfyPrompt(choice, work, times).make(known: known?.sighting)
    }

    /// Takes prompts out of every server: which of them has one is not known any more.
    /// - Throws: a job's failure when one of them cannot be told.
    package func stop(_ works: [String]) async throws { try await servers.stop(works) }

    /// The workflow that the recipe names, or those that come with Hearth and fit it.
    /// - Throws: ``HearthError`` `not_found`; `invalid_request` when the workflow makes another kind of output.
    private func candidates(for work: GenerationWork) async throws -> [Workflow] {
        let recipe = work.recipe
        let ids = recipe.workflow.map { [$0] } ?? BuiltInWorkflows.candidates(for: recipe)
        var found: [Workflow] = []
        for id in ids {
            let workflow = try await workflows.workflow(id, of: work.tenant)
            guard workflow.kind == recipe.kind else {
                let made = workflow.kind == .image ? "an image" : "a video"
                throw HearthError(
                    .invalidRequest, "The \(workflow.title) makes \(made).",
                    hint: "Ask for \(made), or choose another workflow.")
            }
            // Before any server is asked.
            _ = try workflow.pictures(of: recipe)
            found.append(workflow)
        }
        return found
    }
}

/// What front and workers know of the generator without asking a server.
package enum ComfyUIDescription {
    /// - Throws: ``HearthError`` `invalid_configuration`.
    package static func of(servers: [String]) throws(HearthError) -> GeneratorDescription {
        guard (1...Limits.comfyUIServers).contains(servers.count) else {
            throw HearthError(
                .invalidConfiguration, "\(servers.count) ComfyUI servers are named.",
                hint: "1 to \(Limits.comfyUIServers), separated by commas, in HEARTH_COMFYUI.")
        }
        for server in servers { _ = try ComfyServer(server, times: ComfyTimes()) }
        return GeneratorDescription(
            id: ComfyUIGenerator.id, summary: "Workflows of ComfyUI, at \(servers.count) server(s).",
            kinds: [.image, .video],
            // Jobs wait for a lone server without trying; of several, any will do, so each attempt looks for itself.
            needs: servers.count == 1 ? [.service(servers[0])] : [],
            sides: 64...4_096, sideStep: 8, seconds: 0.1...60, isReproducible: false, timeout: Limits.comfyUIRender,
            // A server runs one prompt at a time: more jobs at once would only wait in its queue.
            lane: Lane("comfyui", capacity: servers.count, role: .media), changesPictures: true)
    }
}
