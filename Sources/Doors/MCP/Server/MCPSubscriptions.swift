import HearthCore
import HearthJSON
import HearthJobs

/// Tells clients when the resources change that they have subscribed to, for as long as they listen.
struct MCPSubscriptions: Sendable {
    let resources: MCPResources
    private let hub: EventHub?
    private let places = MCPSubscriptionPlaces()

    init(resources: MCPResources, hub: EventHub?) {
        self.resources = resources
        self.hub = hub
    }

    /// What a client wants to hear of.
    struct Filter: Sendable {
        let uris: [MCPResourceURI]

        /// - Throws: ``MCPError``.
        init(_ request: MCPRequest) throws(MCPError) {
            guard request.params["notifications"] != nil else {
                throw .invalidParameters("`notifications` is missing.")
            }
            let wanted = try request.object("notifications")
            guard let list = wanted["resourceSubscriptions"], !list.isNull else {
                uris = []
                return
            }
            guard let texts = list.arrayValue?.map(\.stringValue), !texts.contains(nil) else {
                throw .invalidParameters("`resourceSubscriptions` must be a list of addresses.")
            }
            guard texts.count <= Limits.mcpFollowedResources else {
                throw .invalidParameters("At most \(Limits.mcpFollowedResources) resources can be followed at once.")
            }
            var uris: [MCPResourceURI] = []
            for text in texts.compactMap({ $0 }) {
                let uri = try MCPServer.uri(text)
                if !uris.contains(uri) { uris.append(uri) }
            }
            self.uris = uris
        }
    }

    /// Says which resources are followed, and then each time that one of them changes, until its task is cancelled.
    /// Lists of tools and prompts never change while a server runs.
    /// - Throws: ``MCPError``, ``HearthError`` `overloaded`, `CancellationError`.
    func listen(_ request: MCPRequest, for caller: MCPCaller) async throws {
        let filter = try Filter(request)
        let place = try places.take(for: caller.tenant)
        defer { withExtendedLifetime(place) {} }
        var followed: [(uri: MCPResourceURI, record: JSONValue)] = []
        for uri in filter.uris {
            guard let record = try? await resources.record(uri, for: caller) else { continue }
            followed.append((uri, record))
        }
        var honoured = JSONObject()
        if !followed.isEmpty {
            honoured["resourceSubscriptions"] = .array(followed.map { .string($0.uri.text) })
        }
        await caller.notify(MCPReply.acknowledged(honoured, subscription: request.id))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (uri, record) in followed {
                group.addTask { try await follow(uri, record, request, caller) }
            }
            // A stream without resources lasts as well: its client closes it.
            group.addTask { while true { try await Task.sleep(for: .seconds(3_600)) } }
            defer { group.cancelAll() }
            while try await group.next() != nil {}
        }
    }

    private func follow(
        _ uri: MCPResourceURI, _ record: JSONValue, _ request: MCPRequest, _ caller: MCPCaller
    ) async throws {
        if case .job(let id) = uri, let hub {
            return try await follow(job: id, record, hub, request, caller)
        }
        var known = record
        while true {
            try await Task.sleep(for: Limits.mcpFollowInterval)
            // What is deleted has changed, and is not looked at any more.
            let current = try? await resources.record(uri, for: caller)
            if current != known { await notify(uri, request, caller) }
            guard let current else { return }
            known = current
        }
    }

    /// Each event of a job, until it has ended.
    private func follow(
        job id: String, _ record: JSONValue, _ hub: EventHub, _ request: MCPRequest, _ caller: MCPCaller
    ) async throws {
        let last = record["last_event"]?.integerValue ?? 0
        let events = try hub.events(of: id, since: Int(last), tenant: caller.tenant)
        for try await _ in events { await notify(.job(id), request, caller) }
    }

    private func notify(_ uri: MCPResourceURI, _ request: MCPRequest, _ caller: MCPCaller) async {
        await caller.notify(MCPReply.updated(uri.text, subscription: request.id))
    }
}

/// The places of clients that listen.
private final class MCPSubscriptionPlaces: Sendable {
    /// One client's place; it is free again when nothing refers to it.
    final class Place: Sendable {
        private let places: MCPSubscriptionPlaces
        private let tenant: Tenant

        init(_ places: MCPSubscriptionPlaces, _ tenant: Tenant) {
            self.places = places
            self.tenant = tenant
        }

        deinit { places.leave(tenant) }
    }

    private struct State {
        var all = 0
        var counts: [Tenant: Int] = [:]
    }

    private let state = Locked(State())

    /// - Throws: ``HearthError`` `overloaded`.
    func take(for tenant: Tenant) throws(HearthError) -> Place {
        let isFree = state.withLock { state in
            guard state.all < Limits.mcpSubscriptions, state.counts[tenant, default: 0] < Limits.tenantMCPSubscriptions
            else { return false }
            state.all += 1
            state.counts[tenant, default: 0] += 1
            return true
        }
        guard isFree else {
            throw HearthError(
                .overloaded, "Too many clients listen now.", hint: "Read the resources instead, or try again later.",
                retryAfter: 5)
        }
        return Place(self, tenant)
    }

    private func leave(_ tenant: Tenant) {
        state.withLock { state in
            state.all -= 1
            guard let count = state.counts[tenant] else { return }
            state.counts[tenant] = count > 1 ? count - 1 : nil
        }
    }
}
