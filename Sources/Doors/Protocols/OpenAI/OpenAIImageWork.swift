import Foundation
import HearthCore
import HearthHTTP
import HearthJSON
import HearthJobs

/// Starts the jobs of an image call, waits for them, and reads what they have made.
///
/// The jobs are those of `studio.outputs.generate`: they go on when the caller has left, and the same call repeated
/// with its `Idempotency-Key` answers what they make.
struct OpenAIImageWork: Sendable {
    /// A picture that is being made.
    struct Ticket: Sendable {
        let jobID: String
        let outputID: String
    }

    /// A picture that is there; its bytes are read by ``read(_:into:)``.
    struct Picture: Sendable {
        let ticket: Ticket
        let file: StoredFile
        /// What `studio.outputs.get` says of it.
        let output: JSONValue
    }

    /// Names of the operations that do the work.
    static let generate = "studio.outputs.generate"
    static let store = "studio.pictures.add"
    private static let get = "studio.outputs.get"

    let registry: OperationRegistry
    let queue: JobQueue
    let hub: EventHub
    let files: StoredFiles

    /// Writes the jobs.
    /// - Throws: ``HearthError`` as the operation does; `not_found` for a model that is none.
    func begin(_ request: OpenAIImageRequest, for call: DoorCall) async throws -> [Ticket] {
        let answer: JSONValue
        do {
            answer = try await run(Self.generate, .object(request.input), for: call)
        } catch let error as HearthError where error.code == .invalidRequest && error.message.contains("generator `") {
            throw HearthError(.notFound, "There is no such model (\(error.message))", hint: error.hint)
        }
        let tickets = ([answer] + (answer["others"]?.arrayValue ?? [])).compactMap { entry -> Ticket? in
            guard let job = entry["job_id"]?.stringValue, let output = entry["output_id"]?.stringValue else {
                return nil
            }
            return Ticket(jobID: job, outputID: output)
        }
        guard !tickets.isEmpty else { throw HearthError(.internalError, "A call for pictures has begun no job.") }
        return tickets
    }

    /// Stores a picture that the next call refers to.
    /// - Returns: its identifier.
    func store(_ picture: Data, for call: DoorCall) async throws -> String {
        let attachment = Attachment.image(try InspectedImage(picture))
        let answer = try await run(Self.store, [:], for: call, attachment: attachment)
        guard let id = answer["picture_id"]?.stringValue else {
            throw HearthError(.internalError, "A stored picture has no identifier.")
        }
        return id
    }

    private func run(
        _ name: String, _ input: JSONValue, for call: DoorCall, attachment: Attachment? = nil
    ) async throws -> JSONValue {
        guard let operation = registry[name] else {
            throw HearthError(.notImplemented, "This server does not do that (\(name)).")
        }
        try registry.authorize(call.principal, for: operation)
        let context = OperationContext(
            principal: call.principal, requestID: call.id, deadline: call.start + operation.deadline,
            attachment: attachment, logger: call.logger)
        return try await registry.call(operation, input: input, context: context)
    }

    // MARK: Waiting

    /// The events of a job from its beginning, if it has not ended; nil when it has.
    func events(of ticket: Ticket, tenant: Tenant) async throws -> JobEventSequence? {
        guard try await !job(ticket, tenant).status.isFinal else { return nil }
        return try hub.events(of: ticket.jobID, since: 0, tenant: tenant)
    }

    /// Waits for the end of a job.
    /// - Throws: ``HearthError`` `deadline_exceeded`, and then the job goes on; `overloaded`.
    func wait(for ticket: Ticket, tenant: Tenant, until deadline: ContinuousClock.Instant) async throws {
        guard let events = try await events(of: ticket, tenant: tenant) else { return }
        try await withDeadline(deadline, "The picture") {
            for try await _ in events {}
        }
    }

    private func job(_ ticket: Ticket, _ tenant: Tenant) async throws -> Job {
        let table = queue.table
        return try await queue.store.read { db in try table.job(ticket.jobID, of: tenant, in: db) }
    }

    // MARK: Pictures

    /// What a job has made.
    /// - Throws: ``HearthError`` `generation_failed` with the job's own words when it has failed.
    func picture(of ticket: Ticket, for call: DoorCall) async throws -> Picture {
        let job = try await job(ticket, call.tenant)
        switch job.status {
        case .completed: break
        case .failed:
            throw HearthError(
                Self.failed, job.errorMessage ?? "The picture could not be made.",
                hint: "Its job is \(ticket.jobID); it can be retried there.")
        case .cancelled:
            throw HearthError(Self.failed, "The job was cancelled.", hint: "Its job is \(ticket.jobID).")
        case .pending, .inProgress:
            throw HearthError(
                .shuttingDown, "The server is stopping; the picture is made all the same.",
                hint: "Its job is \(ticket.jobID).", retryAfter: 1)
        }
        let file = try await files.find(ticket.outputID, of: call.tenant)
        let output = try? await run(Self.get, ["output_id": .string(ticket.outputID)], for: call)
        return Picture(ticket: ticket, file: file, output: output ?? .null)
    }

    /// The bytes of a picture in base64, for an answer.
    /// - Parameter share: of the memory for bodies and answers; it is taken before anything is read.
    /// - Throws: ``HearthError`` `overloaded`, `body_too_large`, and as files are read.
    func read(_ picture: Picture, into share: BodyReservation) async throws -> String {
        let (file, limit) = (picture.file, Limits.imageAnswerBytes)
        if file.bytes <= limit { try share.grow(by: file.bytes * Limits.imageAnswerMemory) }
        return try await files.read(file, limit: limit).base64EncodedString()
    }

    /// The generator could not make it; the words are the job's.
    static let failed: HearthError.Code = "generation_failed"
}
