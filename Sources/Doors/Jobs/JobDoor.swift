import Foundation
import HTTPTypes
import HearthCore
import HearthJSON
package import HearthJobs
package import Hummingbird
import NIOCore

/// The progress of jobs: pages of events, event streams and WebSockets, all read from the same log.
package struct JobDoor: Sendable {
    private let queue: JobQueue
    private let hub: EventHub
    private let policy: AccessPolicy

    package init(queue: JobQueue, hub: EventHub, policy: AccessPolicy) {
        self.queue = queue
        self.hub = hub
        self.policy = policy
    }

    /// Adds `GET /jobs/{job_id}/events`, also below `/api`.
    package func add(to router: Router<DoorContext>) {
        for path in ["/jobs/{job_id}/events", "/api/jobs/{job_id}/events"] {
            router.get(RouterPath(path)) { request, context in
                let jobID = context.parameters.get("job_id") ?? ""
                return try await events(of: jobID, request, tenant: context.requirePrincipal().tenant)
            }
        }
    }

    /// Methods at a path of this door, for 405.
    package func allowedMethods(at path: String) -> [HTTPRequest.Method] {
        path.hasSuffix("/events") && path.contains("/jobs/") ? [.get] : []
    }

    private func events(of jobID: String, _ request: Request, tenant: Tenant) async throws -> Response {
        let since = try Self.since(request)
        let table = queue.table
        _ = try await queue.store.read { db in try table.job(jobID, of: tenant, in: db) }
        if request.headers[.accept]?.contains("text/event-stream") == true {
            let events = try hub.events(of: jobID, since: since).map { event in
                ServerSentEvent(
                    id: String(event.number), event: "progress",
                    data: try JSONValueEncoder.encode(event).encodedText())
            }
            return EventStream.response(to: request, events: events)
        }
        let (job, events) = try await queue.store.read { db in
            (try table.job(jobID, of: tenant, in: db), try table.events(jobID, since: since, in: db))
        }
        return JSONReply(
            [
                "job_id": .string(jobID), "status": .string(job.status.rawValue),
                "events": .array(try events.map { try JSONValueEncoder.encode($0) }),
                "last_event": .int(Int64(job.lastEvent)),
            ]
        ).response
    }

    /// `since` of the query, or the id that a reconnecting event source sends.
    private static func since(_ request: Request) throws -> Int {
        let text =
            request.uri.queryParameters["since"].map(String.init)
            ?? HTTPField.Name("Last-Event-ID").flatMap { request.headers[$0] }
        guard let text else { return 0 }
        guard let number = Int(text), number >= 0 else {
            throw HearthError(.invalidRequest, "`since` must be the number of an event.")
        }
        return number
    }

    /// Decides on WebSockets: `/ws/{job_id}` replays a job's events and goes on live; `?since=N` skips the first N.
    @Sendable
    package func webSocket(_ head: HTTPRequest) async -> WebSocketDecision {
        guard let path = head.path, let components = URLComponents(string: path) else { return .notWebSocket }
        let segments = components.path.split(separator: "/")
        guard segments.count == 2, segments[0] == "ws" else { return .notWebSocket }
        let jobID = String(segments[1])
        do {
            let tenant = try policy.principal(of: head).tenant
            let since = try Self.since(components)
            let table = queue.table
            _ = try await queue.store.read { db in try table.job(jobID, of: tenant, in: db) }
            let events = try hub.events(of: jobID, since: since)
            return .accept(inbound: .ignored) { connection in
                for try await event in events {
                    try await connection.send(text: JSONValueEncoder.encode(event).encodedText())
                }
            }
        } catch {
            return .refuse(ErrorResponse.shown(error))
        }
    }

    private static func since(_ components: URLComponents) throws -> Int {
        guard let text = components.queryItems?.first(where: { $0.name == "since" })?.value else { return 0 }
        guard let number = Int(text), number >= 0 else {
            throw HearthError(.invalidRequest, "`since` must be the number of an event.")
        }
        return number
    }
}
