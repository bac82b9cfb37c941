import Foundation
import HTTPTypes
import HearthCore
import HearthHTTP
import HearthInference
import HearthJSON
import Hummingbird
import NIOCore
import NIOFoundationEssentialsCompat

/// A request's body in one of the forms that inputs travel in, and its share of the budget.
struct EmbeddingBody: Sendable {
    /// A part of a form.
    struct Part: Sendable {
        let name: String
        /// In the memory of the body.
        let bytes: ByteBuffer

        /// The part as a field; nil: it is not valid UTF-8, or has too many combining marks in a row.
        var text: String? { String(clientText: bytes.readableBytesView) }
    }

    enum Content: Sendable {
        case json(Data)
        case form([Part])
        case picture(Picture)
    }

    let content: Content
    /// Keep it for as long as the content is kept.
    let reservation: BodyReservation

    /// - Parameter parts: Parts of a form at most.
    /// - Throws: ``HearthError`` `unsupported_media_type`, and as bodies are read.
    static func read(_ call: DoorCall, parts: Int) async throws -> EmbeddingBody {
        let body = try await call.collectBody()
        let content: Content
        switch call.contentType {
        case let type where DoorCall.isJSON(body.bytes, type: type): content = .json(Data(sharing: body.bytes))
        case "multipart/form-data":
            let contentType = call.request.headers[.contentType] ?? ""
            content = .form(
                try MultipartParser(contentType: contentType, maximumParts: parts).parts(of: body.bytes).compactMap {
                    part in
                    part.bytes(in: body.bytes).map { Part(name: part.name, bytes: $0) }
                })
        case let type where type.hasPrefix("image/") || type == "application/octet-stream" || type.isEmpty:
            content = .picture(Picture(sharing: body.bytes))
        default:
            throw DoorCall.notUnderstood(
                call.contentType, hint: "Send application/json, multipart/form-data, or the raw picture as image/….")
        }
        return EmbeddingBody(content: content, reservation: body.reservation)
    }
}

/// How a client wants its vectors, in whatever protocol it said so.
struct EmbeddingWishes: Sendable, Equatable {
    var model: String?
    var truncates = true
    var dimensions: Int?
    var normalises = true
    var keepAlive: KeepAlive?

    /// The same for the service.
    func options(_ call: DoorCall) -> EmbeddingService.Options {
        var options = EmbeddingService.Options(tenant: call.tenant, deadline: call.deadline)
        options.model = model
        options.truncates = truncates
        options.dimensions = dimensions
        options.normalises = normalises
        options.keepAlive = keepAlive
        return options
    }
}
