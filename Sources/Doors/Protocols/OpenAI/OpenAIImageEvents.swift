import Foundation
import HearthCore
import HearthHTTP
import HearthJSON
import HearthJobs

/// The events of a streamed image call: pictures of unfinished work, as many as were asked for, then each picture.
struct OpenAIImageEvents: Sendable {
    let work: OpenAIImageWork
    let call: DoorCall
    let request: OpenAIImageRequest
    let tickets: [OpenAIImageWork.Ticket]
    /// `image_generation` or `image_edit`.
    let name: String
    /// Where an output is read.
    let address: @Sendable (_ outputID: String) -> String
    /// The memory of the picture that was sent last: the client may still be taking it. It lives as long as the answer.
    private let sent = Locked<BodyReservation?>(nil)

    init(
        work: OpenAIImageWork, call: DoorCall, request: OpenAIImageRequest, tickets: [OpenAIImageWork.Ticket],
        name: String, address: @escaping @Sendable (_ outputID: String) -> String
    ) {
        self.work = work
        self.call = call
        self.request = request
        self.tickets = tickets
        self.name = name
        self.address = address
    }

    /// Sends all events. An error ends them as an event of its own, because the status of the answer was sent long ago.
    /// - Parameter send: says whether the client still takes events.
    func produce(_ send: @Sendable (ServerSentEvent) async -> Bool) async throws {
        do {
            for ticket in tickets {
                guard try await sendPartials(of: ticket, send) else { return }
                let picture = try await work.picture(of: ticket, for: call)
                let share = call.reservation()
                let bytes = try await request.format == .base64 ? work.read(picture, into: share) : nil
                guard await send(completed(picture, bytes)) else { return }
                // It is taken when the one before has been written.
                sent.withLock { $0 = share }
            }
        } catch let error as HearthError {
            _ = await send(failed(error))
        }
    }

    /// Waits for the end of a job.
    /// - Returns: false when the client takes no more.
    private func sendPartials(
        of ticket: OpenAIImageWork.Ticket, _ send: @Sendable (ServerSentEvent) async -> Bool
    ) async throws -> Bool {
        guard let events = try await work.events(of: ticket, tenant: call.tenant) else { return true }
        var count = 0
        for try await event in events {
            guard count < request.partialImages, let picture = Self.picture(event) else { continue }
            guard await send(partial(picture, count)) else { return false }
            count += 1
        }
        return true
    }

    /// Events of jobs carry pictures as `data:` URLs.
    private static func picture(_ event: JobEvent) -> String? {
        guard let preview = event.preview, preview.hasPrefix("data:image/"), let comma = preview.firstIndex(of: ",")
        else { return nil }
        return String(preview[preview.index(after: comma)...])
    }

    private func partial(_ picture: String, _ index: Int) -> ServerSentEvent {
        event("partial_image", ["b64_json": .string(picture), "partial_image_index": .int(Int64(index))])
    }

    private func completed(_ picture: OpenAIImageWork.Picture, _ bytes: String?) -> ServerSentEvent {
        var members: JSONObject = [
            "url": .string(address(picture.ticket.outputID)), "job_id": .string(picture.ticket.jobID),
            "output_id": .string(picture.ticket.outputID),
            // Clients read it; nothing here is counted in tokens.
            "usage": [
                "input_tokens": 0, "output_tokens": 0, "total_tokens": 0,
                "input_tokens_details": ["image_tokens": 0, "text_tokens": 0],
            ],
        ]
        if let bytes { members["b64_json"] = .string(bytes) }
        return event("completed", members)
    }

    private func event(_ kind: String, _ members: JSONObject) -> ServerSentEvent {
        var data: JSONValue = [
            "type": .string("\(name).\(kind)"), "created_at": .int(Int64(Date.now.timeIntervalSince1970)),
            "size": .string(request.size), "quality": "auto", "background": "auto", "output_format": "png",
        ]
        for member in members.members { data[member.key] = member.value }
        return ServerSentEvent(event: "\(name).\(kind)", data: data.encodedText())
    }

    private func failed(_ error: HearthError) -> ServerSentEvent {
        var data = OpenAIError.shape.json(error)
        data["type"] = "error"
        return ServerSentEvent(event: "error", data: data.encodedText())
    }
}
