import HearthCore
import HearthJobs
import HearthWorkflows

/// The servers of the settings: which of them has a prompt, and which gets the next one.
struct ComfyServers: Sendable {
    /// A server that can run a workflow, chosen for one prompt.
    struct Choice: Sendable {
        let server: ComfyServer
        let workflow: Workflow
        /// What the server says of the workflow's nodes.
        let nodes: ServerNodes
        /// Workflows that would have been better and that no server can run, each with the reasons.
        let skipped: [String]
        /// Counts at the server as long as it lives.
        let reservation: Reservation?
    }

    let all: [ComfyServer]
    /// Prompts of this process at each server, by its address.
    private let reserved = Locked<[String: Load]>([:])

    fileprivate struct Load {
        /// Which the server's queue does not count yet.
        var onTheWay = 0
        var all = 0
    }

    init(_ all: [ComfyServer]) { self.all = all }

    /// Where an earlier attempt has left a prompt.
    /// - Returns: nil when none of the servers that answer knows it.
    /// - Throws: ``JobFailure`` when none answers.
    func find(_ prompt: String) async throws -> (server: ComfyServer, sighting: ComfySighting)? {
        let answers = try await ask { try await $0.sighting(of: prompt) }
        let found = answers.first { $0.value.history != nil || $0.value.place == .running || $0.value.isWaiting }
        return found.map { (server: all[$0.index], sighting: $0.value) }
    }

    /// The least busy server that can run the first of these workflows that any server can run.
    /// - Parameter server: the one that has the prompt already; nil: any.
    /// - Throws: ``JobFailure`` `comfyui_full` and what servers throw, all of which cost no attempt;
    ///   `workflow_unavailable`, which names for each what is missing.
    func choose(_ workflows: [Workflow], at server: ComfyServer? = nil) async throws -> Choice {
        var skipped: [String] = []
        let lengths = server == nil ? try await lengths() : [:]
        for workflow in workflows {
            var (rest, problems) = (server.map { [$0] } ?? all.filter { lengths[$0.url] != nil }, [String]())
            while !rest.isEmpty {
                let (place, reservation) = reserve(rest, lengths)
                let candidate = rest.remove(at: place)
                let nodes = try await candidate.nodes(of: workflow.graph)
                let reasons = nodes.problems(of: workflow)
                if reasons.isEmpty {
                    return Choice(
                        server: candidate, workflow: workflow, nodes: nodes, skipped: skipped, reservation: reservation)
                }
                problems.append("\(candidate.url): \(reasons.joined(separator: "; "))")
            }
            skipped.append("\(workflow.id) (\(problems.joined(separator: ". ")))")
        }
        throw JobFailure(
            kind: .permanent, code: "workflow_unavailable",
            message: "No ComfyUI server can run the workflow \(skipped.joined(separator: ", nor ")). "
                + "Install what is missing there, or choose another workflow.")
    }

    /// The queues of the servers that answer, without those that are full.
    private func lengths() async throws -> [String: Int] {
        let answers = try await ask { try await $0.remaining() }
        let free = answers.filter { $0.value < Limits.comfyUIQueue }
        guard !free.isEmpty else {
            throw JobFailure(
                kind: .infrastructure, code: "comfyui_full",
                message: "\(Limits.comfyUIQueue) and more prompts wait at each ComfyUI server. The job waits as well.")
        }
        return Dictionary(uniqueKeysWithValues: free.map { (all[$0.index].url, $0.value) })
    }

    /// Takes the least busy of some servers, in one step, so that two calls at once do not take the same.
    private func reserve(_ servers: [ComfyServer], _ lengths: [String: Int]) -> (place: Int, Reservation) {
        let place = reserved.withLock { reserved in
            // The lengths may be older than what this process has submitted since.
            let loads = servers.map { server in
                let own = reserved[server.url] ?? Load()
                return max((lengths[server.url] ?? 0) + own.onTheWay, own.all)
            }
            let place = loads.indices.min { loads[$0] < loads[$1] } ?? 0
            reserved[servers[place].url, default: Load()].onTheWay += 1
            reserved[servers[place].url, default: Load()].all += 1
            return place
        }
        return (place, Reservation(servers[place].url, in: reserved))
    }

    /// Takes prompts out of every server.
    /// - Throws: the failure of the first server that could not be told, after all have been asked;
    ///   `CancellationError`.
    func stop(_ prompts: [String]) async throws {
        let failures = try await concurrentMap(all) { server -> (any Error)? in
            do {
                try await server.stop(prompts)
                return nil
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                return error
            }
        }
        if let failure = failures.compactMap(\.self).first { throw failure }
    }

    /// What the servers answer, all asked at once; those that fail are left out.
    /// - Throws: the failure of the first when all fail; `CancellationError`.
    private func ask<Answer: Sendable>(
        _ question: @escaping @Sendable (ComfyServer) async throws -> Answer
    ) async throws -> [(index: Int, value: Answer)] {
        let answers = try await concurrentMap(all) { server -> Result<Answer, any Error> in
            do {
                return .success(try await question(server))
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                return .failure(error)
            }
        }
        let good = answers.enumerated().compactMap { entry -> (index: Int, value: Answer)? in
            if case .success(let value) = entry.element { (index: entry.offset, value: value) } else { nil }
        }
        if good.isEmpty, case .failure(let error)? = answers.first { throw error }
        return good
    }

    /// One prompt at a server, from the choice to its end.
    final class Reservation: Sendable {
        private let url: String
        private let reserved: Locked<[String: Load]>
        private let isOnTheWay = Locked(true)

        fileprivate init(_ url: String, in reserved: Locked<[String: Load]>) {
            self.url = url
            self.reserved = reserved
        }

        /// The prompt is in the server's queue.
        func arrived() {
            let wasOnTheWay = isOnTheWay.withLock { isOnTheWay in
                defer { isOnTheWay = false }
                return isOnTheWay
            }
            if wasOnTheWay { reserved.withLock { $0[url]?.onTheWay -= 1 } }
        }

        deinit {
            arrived()
            reserved.withLock { $0[url]?.all -= 1 }
        }
    }
}

extension ComfySighting {
    /// Whether the prompt is in the queue and has not begun.
    var isWaiting: Bool { if case .pending = place { true } else { false } }
}
