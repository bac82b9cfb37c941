import HTTPTypes
import HearthCore
import HearthHTTP
import HearthJSON
package import HearthJobs
import Hummingbird

/// The progress of jobs: pages of events, event streams and WebSockets, all read from the same log.
package struct JobDoor: Door {
    private let queue: JobQueue
    private let hub: EventHub

    package init(queue: JobQueue, hub: EventHub) {
        self.queue = queue
        self.hub = hub
    }

    package var routes: [DoorRoute] {
        [
            events("/jobs/{job_id}/events", "jobs.events"), events("/api/jobs/{job_id}/events", "jobs.events:api"),
            DoorRoute(
                socket: "/ws/{job_id}",
                describe: OpenAPIEntry(
                    "jobs.socket", "A WebSocket: a job's events as text messages, those of the past first.",
                    parameters: [Self.since], status: 101, answer: nil), decide: socket),
        ]
    }

    private static let since = OpenAPIEntry.queryCount("since", "Number of the last event that is known.")

    private func events(_ path: String, _ identifier: String) -> DoorRoute {
        DoorRoute(
            .get, path,
            describe: OpenAPIEntry(
                identifier,
                "A job's events: a page of them, or a stream of events to come when `Accept` is `text/event-stream`.",
                parameters: [Self.since],
                answer: [
                    "type": "object",
                    "properties": [
                        "job_id": ["type": "string"], "status": ["type": "string"],
                        "events": [
                            "type": "array", "items": (try? JSONSchema.of(JobEvent.self)) ?? BodyRule.anyObject,
                        ], "last_event": ["type": "integer"],
                    ],
                ]), answer: events)
    }

    private func events(_ call: DoorCall) async throws -> Response {
        let jobID = try call.parameter("job_id")
        let since = try Self.since(call)
        let (table, tenant) = (queue.table, call.tenant)
        if call.request.headers[.accept]?.contains("text/event-stream") == true {
            let events = try await events(of: jobID, since: since, tenant).map { event in
                ServerSentEvent(
                    id: String(event.number), event: "progress",
                    data: try JSONValueEncoder.encode(event).encodedText())
            }
            let caller = call.caller
            return EventStream.response(to: call.request, events: events, until: { await caller.waitForEnd() })
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

    /// `/ws/{job_id}` replays a job's events and goes on live; `?since=N` skips the first N.
    private func socket(_ call: DoorCall) async throws -> WebSocketDecision {
        let events = try await events(of: call.parameter("job_id"), since: Self.since(call), call.tenant)
        return .accept(inbound: .ignored) { connection in
            for try await event in events {
                try await connection.send(text: JSONValueEncoder.encode(event).encodedText())
            }
        }
    }

    /// - Throws: ``HearthError`` `not_found` when the tenant has no such job, `overloaded`.
    private func events(of jobID: String, since: Int, _ tenant: Tenant) async throws -> JobEventSequence {
        let table = queue.table
        _ = try await queue.store.read { db in try table.job(jobID, of: tenant, in: db) }
        return try hub.events(of: jobID, since: since, tenant: tenant)
    }

    /// `since` of the query, or the id that a reconnecting event source sends.
    private static func since(_ call: DoorCall) throws -> Int {
        if let number = try call.query().count("since", from: 0) { return number }
        guard let text = HTTPField.Name("Last-Event-ID").flatMap({ call.request.headers[$0] }) else { return 0 }
        guard let number = Int(text), number >= 0 else {
            throw HearthError(.invalidRequest, "`Last-Event-ID` must be the number of an event.")
        }
        return number
    }
}
