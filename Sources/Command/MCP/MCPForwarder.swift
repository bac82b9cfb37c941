import Foundation
import HearthCore
import HearthDoors
import HearthHTTPClient
import HearthJSON
import NIOCore
import NIOFoundationEssentialsCompat
import NIOHTTP1

/// Passes requests on to the server's `/mcp`, and its messages back as they come.
struct MCPForwarder: Sendable {
    private let settings: Settings
    private let finder: ServerFinder
    private let http: HTTPClient

    init(_ settings: Settings, _ finder: ServerFinder) throws {
        self.settings = settings
        self.finder = finder
        let limits = HTTPClient.Limits(connect: .seconds(5), read: nil)
        http =
            try settings.trustedFile.map { file in
                try TrustedFile.use(file) { try HTTPClient(limits, trustingAlso: $0) }
            } ?? HTTPClient(limits)
    }

    /// Sends a request, and hands each message that comes of it to `take`. When the connection breaks off before the
    /// answer, a request that only reads is sent once more.
    /// - Parameter picture: what the request is about, when it names none itself.
    /// - Throws: ``HearthError`` when no answer comes; `CancellationError`, and then the connection is closed, which
    ///   ends the call at the server.
    func send(
        _ request: MCPRequest, with picture: Data? = nil, _ repetition: MCPRepetition,
        _ take: @Sendable (Data) async -> Void
    ) async throws {
        do {
            try await exchange(request, picture, take)
        } catch is HTTPCallFailure {
            try Task.checkCancellation()
            guard repetition == .byItself else { throw repetition.lost }
            do {
                // Progress must rise, and would begin again at nothing.
                try await exchange(request.withoutProgress, picture, take)
            } catch is HTTPCallFailure {
                try Task.checkCancellation()
                throw repetition.lost
            }
        }
    }

    /// - Throws: ``HTTPCallFailure`` when the connection breaks off before the answer.
    private func exchange(
        _ request: MCPRequest, _ picture: Data?, _ take: @Sendable (Data) async -> Void
    ) async throws {
        let reply = try await connect(request, picture)
        var last: Data?
        do {
            let type = reply.headers.first(name: "content-type") ?? ""
            if type.hasPrefix("text/event-stream") {
                var reader = EventDataReader(limit: Limits.mcpAnswerBytes)
                for try await piece in reply.body {
                    for data in try reader.take(piece.readableBytesView) {
                        await take(data)
                        last = data
                    }
                }
                // A server that ends in order ends its streams so as well, with or without the answer.
                if !Self.isAnswer(last) { throw HTTPCallFailure.cut }
            } else {
                let body = try await reply.body.collect(upTo: Limits.mcpAnswerBytes)
                // A body whose reader is cancelled ends early, without an error.
                try Task.checkCancellation()
                await take(Self.message(Data(body.readableBytesView), reply.status, request))
            }
        } catch let failure as HTTPCallFailure {
            // A stream that breaks off behind its answer has said all.
            try Task.checkCancellation()
            guard Self.isAnswer(last) else { throw failure }
        } catch is EventDataReader.TooLong, is NIOTooManyBytesError {
            throw HearthError(.internalError, "The answer is longer than \(Limits.mcpAnswerBytes) bytes.")
        }
    }

    /// Whether a message answers a request, rather than telling of its progress.
    private static func isAnswer(_ message: Data?) -> Bool {
        guard let message, let value = try? JSONParser.read(message) else { return false }
        return value["method"] == nil
    }

    /// A server that is gone is looked for once more: nothing was sent to it.
    /// - Throws: ``HTTPCallFailure`` when the request may have been sent.
    private func connect(_ request: MCPRequest, _ picture: Data?) async throws -> HTTPReply {
        var failure: HTTPCallFailure?
        let body = Self.body(request, picture)
        for _ in 0..<2 {
            let url = try await finder.url()
            do {
                return try await http.send(call(request, body, url))
            } catch let error as HTTPCallFailure {
                try Task.checkCancellation()
                await finder.lose(url)
                failure = error
                switch error {
                case .unreachable, .connectTimeout: continue
                case .cut, .readTimeout: throw error
                case .untrusted: break
                }
                break
            }
        }
        throw HearthError(
            .storageUnavailable, "The server does not answer.",
            hint: "Call it again: a server is started when none runs.", cause: failure)
    }

    private static func body(_ request: MCPRequest, _ picture: Data?) -> (type: String, bytes: ByteBuffer) {
        guard let picture else { return ("application/json", ByteBuffer(bytes: request.message.encoded())) }
        let form = MultipartForm(
            fields: [MCPBody.messagePart: request.message],
            files: [(MCPBody.picturePart, MCPBody.picturePart, picture)])
        return (form.contentType, form.body)
    }

    private func call(_ request: MCPRequest, _ body: (type: String, bytes: ByteBuffer), _ url: String) throws
        -> HTTPCall
    {
        guard let address = HTTPAddress(url + "/mcp") else {
            throw HearthError(.invalidRequest, "`\(url)` is no address of a server.")
        }
        var call = HTTPCall(address, method: .POST)
        call.headers.add(name: "content-type", value: body.type)
        call.headers.add(name: "accept", value: "application/json, text/event-stream")
        let version = request.version
        if version.hasHandshake {
            call.headers.add(name: "mcp-protocol-version", value: version.rawValue)
        } else {
            for field in MCPHeaders.fields(
                method: request.method, params: request.params, version: version.rawValue)
            {
                call.headers.add(name: field.name, value: field.value)
            }
        }
        if let key = settings.apiKey { call.headers.add(name: "authorization", value: "Bearer \(key.revealed)") }
        call.body = .bytes(body.bytes)
        return call
    }

    /// The answer as one line. A refusal from before the message was read does not know its id.
    private static func message(_ body: Data, _ status: Int, _ request: MCPRequest) -> Data {
        guard status != 200 else { return body.last == 0x0A ? body.dropLast() : body }
        guard var message = try? JSONParser.read(body), message["error"] != nil || message["result"] != nil else {
            let error = HearthError(.internalError, "The server answered with status \(status).")
            return request.failed(error).encoded()
        }
        message["id"] = request.id.json
        return message.encoded()
    }
}
