import HearthCore
import HearthHTTPClient
import HearthJSON
import HearthJobs
import HearthWorkflows
import NIOCore

import struct Foundation.Data

/// One prompt at one server: puts it there, or joins it where an earlier attempt has left it, follows it to its end,
/// and fetches what it has made.
struct ComfyPrompt: Sendable {
    private let server: ComfyServer
    private let workflow: Workflow
    private let nodes: ServerNodes
    private let skipped: [String]
    private let reservation: ComfyServers.Reservation?
    private let work: GenerationWork
    private let times: ComfyTimes
    private let run: Locked<ComfyRun>
    private let isHeard = Locked(false)
    /// Whether a submission is on its way: the server may take it after the caller has left.
    private let isSubmitting = Locked(false)

    /// The prompt's identifier, and the client whose WebSocket hears of it: the next attempt hears of it as well.
    private var id: String { work.workID }

    init(_ choice: ComfyServers.Choice, _ work: GenerationWork, _ times: ComfyTimes) {
        server = choice.server
        workflow = choice.workflow
        nodes = choice.nodes
        skipped = choice.skipped
        reservation = choice.reservation
        self.work = work
        self.times = times
        let classes = choice.workflow.graph.nodes.map { ($0.id, $0.className) }
        run = Locked(
            ComfyRun(prompt: work.workID, classes: Dictionary(classes, uniquingKeysWith: { first, _ in first })))
    }

    /// - Parameter known: how the server knows it from an earlier attempt; nil: it does not.
    func make(known: ComfySighting?) async throws -> GeneratedFile {
        do {
            let (filled, end) = try await finish(known)
            let file = try await fetch(end)
            return try await file.described(filled, details(filled, file))
        } catch {
            // No caller wants what this attempt has begun: its job was cancelled, or its worker stops.
            if Task.isCancelled { await stop() }
            throw error
        }
    }

    private func fetch(_ files: [ComfyFile]) async throws -> ComfyOutput.Fetched {
        do {
            return try await ComfyOutput(server: server, work: work).fetch(files)
        } catch let failure as JobFailure where failure.code == "comfyui_output_missing" {
            // A prompt whose files are gone is of no use to the next attempt.
            try? await server.forget(id)
            throw failure
        }
    }

    // MARK: Beginning

    private func finish(_ known: ComfySighting?) async throws -> (FilledWorkflow, [ComfyFile]) {
        var known = known
        if let end = known?.history?.end, !end.isFinished {
            // It has failed, or was stopped, in an attempt before this one.
            try await server.forget(id)
            known = nil
        }
        let messages = await openMessages()
        let filled = try await filled(isKnown: known != nil)
        if known == nil { try await submit(filled) }
        reservation?.arrived()
        let end = try await follow(messages)
        if known != nil, case .interrupted = end {
            // An attempt before this one had stopped it, and the server has obeyed only now.
            try await server.forget(id)
            throw JobFailure(
                kind: .transient, code: "comfyui_interrupted",
                message: "An earlier attempt had stopped it at \(server.url); it is made again.")
        }
        return (filled, try files(of: end))
    }

    /// Nil when the server opens none: then it is asked from time to time how far it is.
    private func openMessages() async -> WebSocketMessages? { try? await server.messages(of: id) }

    /// Loads the pictures up, unless the server has them, and writes the recipe into the graph.
    private func filled(isKnown: Bool) async throws -> FilledWorkflow {
        var names: [WorkflowSlot: String] = [:]
        for (slot, place) in try workflow.pictures(of: work.recipe) where !isKnown {
            let name = try pictureName(place)
            names[slot] = try await server.upload(work.references[place], named: name)
        }
        return workflow.filled(
            with: work.recipe, pictures: names, maskChannel: try maskChannel(), nodes: nodes, prefix: "hearth/\(id)")
    }

    /// A mask with transparency is transparent where the picture may be changed, one without is white there.
    private func maskChannel() throws -> String {
        guard let place = try workflow.pictures(of: work.recipe)[.mask], work.references.indices.contains(place) else {
            return "red"
        }
        let head = Array(work.references[place].prefix(26))
        // The colour type in the header of a PNG: 4 and 6 have a channel of transparency.
        let hasAlpha = head.count == 26 && head.starts(with: [0x89, 0x50, 0x4E, 0x47]) && [4, 6].contains(head[25])
        return hasAlpha ? "alpha" : "red"
    }

    /// The same for the same bytes, so that the server keeps each picture once.
    private func pictureName(_ place: Int) throws -> String {
        guard work.references.indices.contains(place) else {
            throw HearthError(.internalError, "A reference of the recipe has no bytes.")
        }
        let picture = try InspectedImage(work.references[place])
        return "\(picture.sha256.hex.prefix(32)).\(picture.header.format.fileExtension)"
    }

    /// A submission whose answer was lost may have arrived: then the prompt is there.
    private func submit(_ filled: FilledWorkflow) async throws {
        isSubmitting.withLock { $0 = true }
        do {
            try await server.submit(filled.graph.json, as: id, client: id, wantsPreviews: work.wantsPreviews)
            isSubmitting.withLock { $0 = false }
        } catch let failure as JobFailure where failure.code == "comfyui_away" {
            let sighting = try await server.sighting(of: id)
            guard sighting.place != .absent || sighting.history != nil else { throw failure }
        }
    }

    // MARK: Following

    /// Listens and looks, both at once, until one of them knows the end.
    private func follow(_ messages: WebSocketMessages?) async throws -> ComfyRun.End {
        try await withThrowingTaskGroup(of: ComfyRun.End.self) { group in
            group.addTask { try await listen(messages) }
            group.addTask { try await poll() }
            defer { group.cancelAll() }
            guard let end = try await group.next() else { throw CancellationError() }
            return end
        }
    }

    /// Reads messages; opens the socket again when it is lost, and looks then, as nothing is said twice.
    private func listen(_ opened: WebSocketMessages?) async throws -> ComfyRun.End {
        var messages = opened
        var failures = 0
        while true {
            do {
                let current = if let messages { messages } else { try await server.messages(of: id) }
                messages = nil
                isHeard.withLock { $0 = true }
                if let end = try await look() { return end }
                for try await payload in current {
                    failures = 0
                    if let end = try await take(payload) { return end }
                }
            } catch is HTTPCallFailure {
            } catch let failure as JobFailure where failure.kind == .infrastructure {
                if failure.code == Self.garbage { throw failure }
            }
            try Task.checkCancellation()
            isHeard.withLock { $0 = false }
            failures += 1
            try await Task.sleep(for: times.reconnect.pause(after: failures))
        }
    }

    private static let garbage = "comfyui_garbage"

    private func take(_ payload: WebSocketPayload) async throws -> ComfyRun.End? {
        let message: ComfyMessage? =
            switch payload {
            case .text(let bytes): ComfyMessage(text: Data(bytes.readableBytesView))
            case .binary(let bytes): ComfyMessage(binary: bytes)
            }
        let action: ComfyRun.Action
        do {
            action = try run.withLock { run throws(ComfyRun.Garbage) in try run.receive(message) }
        } catch {
            throw JobFailure(
                kind: .infrastructure, code: Self.garbage,
                message: "\(server.url) sends messages that are none of ComfyUI's.")
        }
        switch action {
        case .report: report()
        case .look, .lookAgain: return try await look()
        case .end(let end): return end
        case .none: break
        }
        return nil
    }

    /// Looks from time to time, more often while nothing is heard.
    private func poll() async throws -> ComfyRun.End {
        var lastAnswer = ContinuousClock.now
        while true {
            try await Task.sleep(for: isHeard.withLock { $0 } ? times.poll : times.silentPoll)
            do {
                if let end = try await look() { return end }
                lastAnswer = .now
            } catch let failure as JobFailure where failure.kind == .infrastructure {
                guard ContinuousClock.now - lastAnswer < times.absence else { throw failure }
            }
        }
    }

    /// Reads queue and history, again while the history is about to be written.
    private func look() async throws -> ComfyRun.End? {
        while true {
            let sighting = try await server.sighting(of: id)
            switch run.withLock({ $0.see(sighting) }) {
            case .end(let end): return end
            case .lookAgain: try await Task.sleep(for: times.historyPause)
            case .report:
                report()
                return nil
            case .look, .none: return nil
            }
        }
    }

    private func report() {
        var progress = run.withLock { $0.takeProgress() }
        if !work.wantsPreviews { progress.preview = nil }
        work.progress(progress)
    }

    // MARK: End

    private func files(of end: ComfyRun.End) throws(JobFailure) -> [ComfyFile] {
        switch end {
        case .finished(let files): return files
        case .failed(let failure):
            let node = failure.node.isEmpty ? "A node" : "Node \(failure.node) (\(failure.className))"
            let said = failure.message.isEmpty ? "" : ": \(failure.message)"
            throw JobFailure(
                kind: failure.isOutOfMemory ? .transient : .permanent,
                code: failure.isOutOfMemory ? "comfyui_out_of_memory" : "comfyui_node_failed",
                message: "\(node) has failed at \(server.url)\(said)")
        case .interrupted:
            throw JobFailure(
                kind: .permanent, code: "comfyui_interrupted",
                message: "It was stopped at \(server.url). Retry the job to make it after all.")
        case .lost(let hadStarted):
            // One that had begun may be what has brought the server down: it costs an attempt.
            throw JobFailure(
                kind: hadStarted ? .transient : .infrastructure, code: "comfyui_lost",
                message:
                    "\(server.url) does not know the work any more: it was started again, or its queue was cleared.")
        }
    }

    /// What is kept with the output.
    private func details(_ filled: FilledWorkflow, _ file: ComfyOutput.Fetched) async throws -> JSONObject {
        var models = JSONObject()
        for target in workflow.models.keys.sorted(by: { $0.text < $1.text }) {
            models[target.text] = nodes.model(for: target, of: workflow).map { JSONValue.string($0) } ?? .null
        }
        let used = Set(try workflow.pictures(of: work.recipe).values)
        let unused = work.recipe.references.indices.filter { !used.contains($0) }
        var details: JSONObject = [
            "workflow": .string(workflow.id), "workflow_sha256": .string(workflow.digest.hex),
            "server": .string(server.url), "prompt_id": .string(id), "models": .object(models),
            "files_made": .int(Int64(file.count)),
        ]
        if let version = try? await server.version() { details["comfyui_version"] = .string(version) }
        if !skipped.isEmpty { details["skipped_workflows"] = .array(skipped.map { .string($0) }) }
        if !unused.isEmpty { details["unused_references"] = .array(unused.map { .int(Int64($0)) }) }
        return details
    }

    /// Takes the prompt out of the server. It is awaited, in a task of its own because this one is cancelled.
    private func stop() async {
        let isSubmitting = isSubmitting.withLock { $0 }
        await Task { [server, id] in
            _ = try? await withDeadline(.now + Limits.comfyUICancel, "Stopping a prompt") {
                try await server.stop([id])
                while isSubmitting {
                    try await Task.sleep(for: Limits.comfyUIHistoryPause)
                    try await server.stop([id])
                }
            }
        }.value
    }
}
