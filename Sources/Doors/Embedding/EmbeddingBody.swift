import Foundation
import HTTPTypes
import HearthCore
import HearthJSON
import Hummingbird
import NIOCore
import NIOFoundationEssentialsCompat

/// A request's body in one of the forms that inputs travel in, and its share of the budget.
struct EmbeddingBody: Sendable {
    /// A part of a form.
    struct Part: Sendable {
        let name: String
        let bytes: Data
    }

    enum Content: Sendable {
        case json(Data)
        case form([Part])
        case picture(Data)
    }

    let content: Content
    /// Keep it for as long as the content is kept.
    let reservation: BodyReservation

    /// - Parameter parts: Parts of a form at most.
    /// - Throws: ``HearthError`` `unsupported_media_type`, and as bodies are read.
    static func read(_ request: Request, budget: BodyBudget, parts: Int) async throws -> EmbeddingBody {
        let body = try await RequestBody.collect(from: request, limit: Limits.bodyBytes, budget: budget)
        let contentType = request.headers[.contentType] ?? ""
        let type = contentType.split(separator: ";").first?.trimmingCharacters(in: .whitespaces).lowercased() ?? ""
        let content: Content
        switch type {
        case "application/json", "text/json": content = .json(Data(body.bytes.readableBytesView))
        case "multipart/form-data":
            content = .form(
                try MultipartParser(contentType: contentType, maximumParts: parts).parts(of: body.bytes).compactMap {
                    part in
                    part.bytes(in: body.bytes).map { Part(name: part.name, bytes: Data($0.readableBytesView)) }
                })
        case let type where type.hasPrefix("image/") || type == "application/octet-stream":
            content = .picture(Data(body.bytes.readableBytesView))
        // What `curl -d` says when nothing is said: JSON in all that is seen.
        case "", "application/x-www-form-urlencoded": content = .json(Data(body.bytes.readableBytesView))
        default:
            throw HearthError(
                .unsupportedMediaType, "A body of this content type is not understood.",
                hint: "Send application/json, multipart/form-data, or the raw picture as image/….")
        }
        return EmbeddingBody(content: content, reservation: body.reservation)
    }

    /// The body of a route that takes JSON only.
    /// - Throws: ``HearthError`` `unsupported_media_type`, `invalid_request`.
    static func readJSON(_ request: Request, budget: BodyBudget) async throws -> (JSONValue, BodyReservation) {
        let body = try await read(request, budget: budget, parts: 0)
        guard case .json(let bytes) = body.content else {
            throw HearthError(
                .unsupportedMediaType, "A body of this content type is not understood here.",
                hint: "Send application/json.")
        }
        return (try JSONParser.read(bytes), body.reservation)
    }
}
