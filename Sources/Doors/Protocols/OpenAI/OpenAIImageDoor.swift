import Foundation
import HTTPTypes
package import HearthCore
package import HearthHTTP
import HearthJSON
package import HearthJobs
import Hummingbird
import NIOCore
import NIOFoundationEssentialsCompat

/// OpenAI's image calls, `/v1/images/generations` and `/v1/images/edits`, and the same where OpenVINO Model Server has
/// them: views of jobs that last.
///
/// A call waits for its jobs, and they do not need it: they go on when the client has left, and the same call with the
/// same `Idempotency-Key` answers what they have made.
package struct OpenAIImageDoor: Door {
    private let work: OpenAIImageWork
    private let server: OpenAIDoor.Server
    private let isEncrypted: Bool

    /// - Parameter isEncrypted: whether clients reach the server by https, as addresses of pictures say it.
    package init(
        registry: OperationRegistry, queue: JobQueue, hub: EventHub, files: StoredFiles,
        as server: OpenAIDoor.Server = .openAI, isEncrypted: Bool = false
    ) {
        work = OpenAIImageWork(registry: registry, queue: queue, hub: hub, files: files)
        self.server = server
        self.isEncrypted = isEncrypted
    }

    package var errors: ErrorShape { server.errors }

    package var routes: [DoorRoute] {
        [
            route("generations", "Pictures of a prompt", .json(Self.request, limit: Limits.plainBodyBytes)) { call in
                let fields = try await call.fields()
                return (try OpenAIImageRequest(fields, key: Self.key(call)), [])
            },
            route("edits", "Pictures of a prompt and of pictures that it starts from", .form(Self.editRequest)) {
                call in try await OpenAIImageForm.read(call, key: Self.key(call))
            },
        ]
    }

    /// Reads a request, and the pictures that came with it.
    private typealias Reading =
        @Sendable (DoorCall) async throws -> (OpenAIImageRequest, [OpenAIImageForm.Picture])

    private func route(_ name: String, _ summary: String, _ body: BodyRule, read: @escaping Reading) -> DoorRoute {
        DoorRoute(
            .post, "\(server.prefix)/images/\(name)", access: .credential(.write), body: body, errors: errors,
            describe: entry(name, summary)
        ) { call in
            let (asked, pictures) = try await read(call)
            var request = asked
            for picture in pictures {
                request.add(picture: try await work.store(picture.bytes, for: call), purpose: picture.purpose)
            }
            let tickets = try await work.begin(request, for: call)
            let event = name == "edits" ? "image_edit" : "image_generation"
            return try await answer(request, tickets, event: event, to: call)
        }
    }

    private func entry(_ name: String, _ summary: String) -> OpenAPIEntry {
        var entry = OpenAPIEntry(
            "\(server.name).images.\(name)", "\(summary) (\(server.title)).", parameters: [Self.keyParameter],
            answer: Self.answer)
        entry.otherMediaTypes = ["text/event-stream"]
        entry.description =
            "Views of jobs of `studio.outputs.generate`: they go on when the client leaves, and the same call with the "
            + "same `Idempotency-Key` answers what they have made."
        return entry
    }

    private static func key(_ call: DoorCall) -> String? {
        HTTPField.Name("Idempotency-Key").flatMap { call.request.headers[$0] }
    }

    // MARK: Answers

    /// From here on there are jobs: whatever is answered names them.
    private func answer(
        _ request: OpenAIImageRequest, _ tickets: [OpenAIImageWork.Ticket], event: String, to call: DoorCall
    ) async throws -> Response {
        var response: Response
        if request.streams {
            let events = OpenAIImageEvents(
                work: work, call: call, request: request, tickets: tickets, name: event
            ) { url($0, call) }
            let caller = call.caller
            // They live as long as the answer, the writing of its last event included.
            response = EventStream.response(until: { await caller.waitForEnd() }) { send in
                try await events.produce(send)
            }
        } else {
            do {
                response = try await waited(request, tickets, call)
            } catch let error as HearthError {
                response = errors.response(error, ErrorTable.status(for: error.code)).response
                // OpenAI's clients would begin other jobs: those that there are go on, or have failed for good.
                if let name = HTTPField.Name("x-should-retry") { response.headers[name] = "false" }
            }
        }
        if let name = HTTPField.Name("X-Job-Id") {
            response.headers[name] = tickets.map(\.jobID).joined(separator: ", ")
        }
        return response
    }

    /// The answer when all jobs have ended. One that has failed among others that have not is named beside them.
    private func waited(
        _ request: OpenAIImageRequest, _ tickets: [OpenAIImageWork.Ticket], _ call: DoorCall
    ) async throws -> Response {
        let deadline = call.hasOwnDeadline ? call.deadline : call.start + Limits.imageCall
        for ticket in tickets { try await work.wait(for: ticket, tenant: call.tenant, until: deadline) }
        let share = call.reservation()
        defer { withExtendedLifetime(share) {} }
        var (data, failures): ([JSONValue], [JSONValue]) = ([], [])
        var last: HearthError?
        for ticket in tickets {
            do {
                let picture = try await work.picture(of: ticket, for: call)
                // An address needs no bytes, however long the picture is.
                let bytes = try await request.format == .base64 ? work.read(picture, into: share) : nil
                data.append(entry(picture, bytes, call))
            } catch let error as HearthError where error.code == OpenAIImageWork.failed {
                failures.append(["job_id": .string(ticket.jobID), "message": .string(error.message)])
                last = error
            }
        }
        if data.isEmpty, let last { throw last }
        var answer: JSONValue = [
            "created": .int(Int64(Date.now.timeIntervalSince1970)), "data": .array(data),
            "output_format": "png", "size": .string(request.size),
        ]
        if !failures.isEmpty { answer["failures"] = .array(failures) }
        return JSONReply(answer).response
    }

    /// A picture in OpenAI's words, and what else is known of it.
    private func entry(_ picture: OpenAIImageWork.Picture, _ bytes: String?, _ call: DoorCall) -> JSONValue {
        var entry: JSONValue = ["url": .string(url(picture.ticket.outputID, call))]
        if let bytes { entry["b64_json"] = .string(bytes) }
        let (output, file) = (picture.output, picture.output["file"])
        entry["revised_prompt"] = output["recipe"]?["positive"] ?? .null
        entry["job_id"] = .string(picture.ticket.jobID)
        entry["output_id"] = .string(picture.ticket.outputID)
        entry["media_type"] = .string(picture.file.mediaType)
        entry["seed"] = file?["seed"] ?? output["recipe"]?["seed"] ?? .null
        for (name, value) in [("similarity", file?["similarity"]), ("reference", output["reference"])] {
            if let value, !value.isNull { entry[name] = value }
        }
        return entry
    }

    /// Where a picture is read, with the same credential.
    private func url(_ output: String, _ call: DoorCall) -> String {
        let path = StoredFile.url(of: output)
        guard let authority = call.request.head.authority, WebAuthority(authority) != nil else { return path }
        let forwarded = HTTPField.Name("X-Forwarded-Proto").flatMap { call.request.headers[$0] }
        return "\(isEncrypted || forwarded == "https" ? "https" : "http")://\(authority)\(path)"
    }

    // MARK: Description

    private static let keyParameter: JSONValue = [
        "name": "Idempotency-Key", "in": "header", "required": false, "schema": ["type": "string"],
        "description": """
        The same call again with the same key answers the pictures of the first one; another call with it is \
        refused.
        """,
    ]

    private static let request: JSONValue = [
        "type": "object", "required": ["prompt"],
        "properties": [
            "prompt": ["type": "string"], "model": ["type": "string"], "n": ["type": "integer"],
            "size": ["type": "string", "examples": ["1024x1024", "auto"]],
            "response_format": ["type": "string", "enum": ["b64_json", "url"]], "stream": ["type": "boolean"],
            "partial_images": ["type": "integer", "minimum": 0, "maximum": .int(Int64(Limits.partialImages))],
            "character": ["type": "string"], "project": ["type": "string"], "style_preset": ["type": "string"],
            "reference_weight": ["type": "number", "minimum": 0, "maximum": 1], "seed": ["type": "integer"],
        ],
    ]

    private static let editRequest: JSONValue = {
        var schema = request
        schema["required"] = ["prompt", "image"]
        schema["properties"]?["image"] = ["type": "array", "items": BodyRule.sentFile]
        schema["properties"]?["mask"] = BodyRule.sentFile
        return schema
    }()

    private static let answer: JSONValue = [
        "type": "object",
        "properties": [
            "created": ["type": "integer"],
            "data": [
                "type": "array",
                "items": [
                    "type": "object",
                    "properties": [
                        "b64_json": ["type": "string"], "url": ["type": "string"], "revised_prompt": ["type": "string"],
                        "job_id": ["type": "string"], "output_id": ["type": "string"],
                    ],
                ],
            ],
            "size": ["type": "string"], "output_format": ["type": "string"],
        ],
    ]
}
