import HTTPTypes
import HearthCore
import Hummingbird

/// Packs answers of text for clients that take them so.
struct AnswerCompression: Sendable {
    private let deflater: any ContentDeflater

    init(_ deflater: any ContentDeflater) {
        self.deflater = deflater
    }

    /// The answer as it is sent: packed when the request accepts it and there is something to gain.
    func apply(to response: Response, of request: Request, at route: DoorRoute) -> Response {
        guard Self.isWorthwhile(response, at: route) else { return response }
        var response = response
        // Caches must not give the packed form to others.
        response.headers[values: .vary].append("Accept-Encoding")
        // HEAD says what GET would, and has no body that could be packed.
        guard request.method != .head, let coding = Self.coding(accepted: request.headers[values: .acceptEncoding])
        else { return response }
        let (body, deflater) = (response.body, deflater)
        response.body = ResponseBody { writer in
            try await body.write(DeflatingWriter(writer, by: deflater.stream(coding)))
        }
        response.headers[.contentEncoding] = coding.rawValue
        return response
    }

    /// Texts above a kilobyte. A few vectors are not worth the time: their digits are near to random.
    private static func isWorthwhile(_ response: Response, at route: DoorRoute) -> Bool {
        let least = route.quick == nil ? Limits.compressedAnswer : Limits.compressedVectors
        guard response.body.contentLength ?? .max >= least, let type = response.headers[.contentType],
            response.headers[.contentEncoding] == nil, response.headers[.contentRange] == nil,
            response.headers[.eTag] == nil
        else { return false }
        return texts.contains { type.hasPrefix($0) } && !type.hasPrefix("text/event-stream")
    }

    private static let texts = ["text/", "application/json", "application/jsonl", "image/svg"]

    /// The coding that a client likes best, gzip among equals; nil: it takes none of them (RFC 9110, section 12.5.3).
    static func coding(accepted lists: [String]) -> ContentCoding? {
        var weights: [ContentCoding: Double] = [:]
        var others: Double?
        for item in lists.flatMap({ $0.split(separator: ",") }) {
            let parts = item.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
            guard let name = parts.first else { continue }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            if name == "*" { others = weight }
            if let coding = ContentCoding(rawValue: name == "x-gzip" ? "gzip" : name) { weights[coding] = weight }
        }
        var best: (coding: ContentCoding, weight: Double)?
        for coding in [ContentCoding.gzip, .deflate] {
            let weight = weights[coding] ?? others ?? 0
            if weight > best?.weight ?? 0 { best = (coding, weight) }
        }
        return best?.coding
    }
}
