package import Foundation
package import HearthCore
import HearthHTTPClient
package import HearthJSON
import NIOCore
import NIOFoundationEssentialsCompat
import NIOHTTP1

/// The commands' way to a running server: its HTTP door.
package struct APIClient: Sendable {
    /// What the server at the other side is; errors say so.
    package enum Peer: String, Sendable {
        case hearth = "Hearth"
        case chroma = "Chroma"
    }

    private let base: String
    private let apiKey: Secret?
    private let peer: Peer
    /// Whether an error names the servers that run elsewhere on this machine: for commands, which a person reads.
    private let namesOthers: Bool
    private let http: HTTPClient

    /// Seconds that a connection may take.
    private static let patience = 5
    /// Silence alone ends nothing here: each call has a time of its own.
    private static let limits = HTTPClient.Limits(connect: .seconds(Int64(patience)), read: nil)
    private static let plain = HTTPClient(limits)

    package init(base: String, apiKey: Secret?, peer: Peer = .hearth) {
        self.init(base: base, apiKey: apiKey, peer: peer, namesOthers: false, http: Self.plain)
    }

    /// - Parameter caFile: PEM file with certificates that are trusted besides those of the system; nil: none.
    /// - Throws: ``HearthError`` `invalid_configuration` for a file that holds none.
    init(base: String, apiKey: Secret?, peer: Peer = .hearth, caFile: String?) throws {
        var http = Self.plain
        if let caFile {
            http = try TrustedFile.use(caFile) { try HTTPClient(Self.limits, trustingAlso: $0) }
        }
        self.init(base: base, apiKey: apiKey, peer: peer, namesOthers: true, http: http)
    }

    private init(base: String, apiKey: Secret?, peer: Peer, namesOthers: Bool, http: HTTPClient) {
        self.base = base.hasSuffix("/") ? String(base.dropLast()) : base
        (self.apiKey, self.peer, self.namesOthers, self.http) = (apiKey, peer, namesOthers, http)
    }

    /// Whether a Hearth answers at an address, of this user or of another.
    static func isHearth(at base: String) async -> Bool {
        let health = try? await APIClient(base: base, apiKey: nil).send(.get, "/health", timeout: .seconds(1))
        return health?["status"] == "ok" && health?["version"]?.stringValue != nil
    }

    /// What a request carries.
    package enum Body: Sendable {
        case none
        case json(JSONValue)
        case picture(Data)
        /// Objects of JSON, one a line.
        case lines(Data)
        case form(MultipartForm)
        /// All of a file from where it is read, piece by piece.
        case zip(FileHandle, bytes: Int)
    }

    /// Bytes of a file that are read at a time.
    private static let filePiece = 1 << 20

    /// Calls an operation by any of its names.
    /// - Parameter files: fields whose values are files, with the files' paths.
    /// - Throws: as ``send(_:_:query:body:timeout:)``; `not_found` for a file that cannot be read.
    func call(
        _ operation: String, _ input: JSONObject, files: [(field: String, path: String)] = [], timeout: Duration
    ) async throws -> JSONValue {
        let body: Body =
            files.isEmpty
            ? .json(.object(input))
            : .form(
                MultipartForm(fields: input, files: try files.map { ($0.field, $0.path, try NamedFile.read($0.path)) }))
        return try await send(.post, "/api/operations/\(operation)", body: body, timeout: timeout)
    }

    /// - Throws: the server's own ``HearthError``; `storage_unavailable` when no server answers, `forbidden` when it is
    ///   not trusted, `deadline_exceeded`.
    @discardableResult
    package func send(
        _ method: Route.Method, _ path: String, query: [String: String?] = [:], body: Body = .none,
        timeout: Duration = .seconds(30)
    ) async throws -> JSONValue {
        var request = try request(method, path, query: query)
        switch body {
        case .none:
            break
        case .json(let value):
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: value.encoded()))
        case .picture(let bytes):
            request.headers.add(name: "content-type", value: "application/octet-stream")
            request.body = .bytes(ByteBuffer(bytes: bytes))
        case .lines(let bytes):
            request.headers.add(name: "content-type", value: "application/jsonl")
            request.body = .bytes(ByteBuffer(bytes: bytes))
        case .form(let form):
            request.headers.add(name: "content-type", value: form.contentType)
            request.body = .bytes(form.body)
        case .zip(let file, let bytes):
            request.headers.add(name: "content-type", value: "application/zip")
            request.body = .pieces(count: bytes) {
                try file.read(upToCount: Self.filePiece).flatMap { $0.isEmpty ? nil : ByteBuffer(bytes: $0) }
            }
        }
        return try await answer(to: request, timeout: timeout)
    }

    /// Writes the answer to a GET into a file, piece by piece.
    /// - Throws: as ``send(_:_:query:body:timeout:)``.
    func download(_ path: String, query: [String: String?] = [:], into file: FileHandle) async throws {
        let request = try request(.get, path, query: query)
        let response: HTTPReply
        do {
            response = try await http.send(request)
        } catch let error as HTTPCallFailure {
            throw failure(error)
        }
        guard response.status == 200 else {
            let bytes = Data(try await response.body.collect(upTo: Limits.plainBodyBytes).readableBytesView)
            throw refusal((try? JSONParser.read(bytes)) ?? .null, status: response.status)
        }
        for try await piece in response.body { try file.write(contentsOf: Data(piece.readableBytesView)) }
    }

    private func request(_ method: Route.Method, _ path: String, query: [String: String?]) throws -> HTTPCall {
        var components = URLComponents()
        components.path = path
        let items = query.sorted { $0.key < $1.key }.compactMap { key, value in
            value.map { URLQueryItem(name: key, value: $0) }
        }
        if !items.isEmpty { components.queryItems = items }
        // `+` means a blank in queries to some servers, so it is always spelt out.
        let suffix = (components.string ?? path).replacingOccurrences(of: "+", with: "%2B")
        guard let address = HTTPAddress(base + suffix) else {
            throw HearthError(
                .invalidRequest, "`\(base)` is no address of a server.",
                hint:
                    "It begins with http:// or https://, for example http://127.0.0.1:\(peer == .hearth ? 8420 : 8000)."
            )
        }
        var request = HTTPCall(address)
        request.method = .init(rawValue: method.rawValue)
        if let apiKey { request.headers.add(name: "authorization", value: "Bearer \(apiKey.revealed)") }
        return request
    }

    // MARK: Errors

    /// Why there was no answer: which address, what has happened there, and what to do.
    private func failure(_ failure: HTTPCallFailure) -> HearthError {
        let isPlain = base.lowercased().hasPrefix("http:")
        switch failure {
        case .unreachable(let reason): return absent(reason, failure)
        case .connectTimeout: return absent("no connection within \(Self.patience) s", failure)
        case .untrusted(let reason):
            return HearthError(
                .forbidden, "The server at \(base) is not trusted: \(reason).",
                hint: "Name its certificate, or the one that vouches for it, by --ca-file or HEARTH_CA_FILE; and call "
                    + "the server by a name in it, by --url or HEARTH_URL.", cause: failure)
        case .cut, .readTimeout:
            return HearthError(
                .storageUnavailable, "The server at \(base) has closed the connection without a complete answer.",
                hint: isPlain ? "It may speak https only: name it by --url https://… then." : nil, cause: failure)
        }
    }

    private func absent(_ reason: String, _ cause: any Error) -> HearthError {
        switch peer {
        case .hearth:
            HearthError(
                .storageUnavailable, "No server answers at \(base): \(reason).",
                hint: "Start one with `hearth serve`, or name it by --url or HEARTH_URL."
                    + ((namesOthers ? RunningServer.advice(RunningServer.all()) : nil).map { " \($0)" } ?? ""),
                cause: cause)
        case .chroma:
            HearthError(
                .storageUnavailable, "No Chroma server answers at \(base): \(reason).",
                hint: "Start it with `chroma run`, or name the folder of its data in place of an address.",
                cause: cause)
        }
    }

    /// What a server says is wrong: Hearth, or Chroma, whose error is a name beside a message.
    private func refusal(_ value: JSONValue, status: Int) -> HearthError {
        let error = value["error"]
        let code = HearthError.Code(
            rawValue: error?["code"]?.stringValue ?? (status == 404 ? "not_found" : "internal_error"))
        let message = (error?["message"] ?? value["message"])?.stringValue
        guard peer == .hearth else {
            return HearthError(
                code, "Chroma at \(base) has refused the call with status \(status)\(message.map { ": \($0)" } ?? ".")",
                hint: "This is about the server that data comes from, not about Hearth.")
        }
        return CommandWords.shown(
            HearthError(
                code, message ?? "The server at \(base) answered with status \(status).",
                hint: error?["hint"]?.stringValue
                    ?? (message == nil ? "Is it a Hearth? Its address is set by --url or HEARTH_URL." : nil),
                details: error?["details"]))
    }

    // MARK: Answers

    private func answer(to request: HTTPCall, timeout: Duration) async throws -> JSONValue {
        let status: Int
        let bytes: Data
        do {
            (status, bytes) = try await withDeadline(.now + timeout, "The server's answer") { [http] in
                let response = try await http.send(request)
                let bytes = Data(try await response.body.collect(upTo: Limits.bodyBytes).readableBytesView)
                return (response.status, bytes)
            }
        } catch let error as HTTPCallFailure {
            throw failure(error)
        } catch let error as HearthError where error.code == .deadlineExceeded {
            throw HearthError(
                .deadlineExceeded,
                "\(peer.rawValue) at \(base) has not answered within \(timeout.components.seconds) s.",
                hint: "It may be busy; what was asked for may still be done.", cause: error)
        } catch is NIOTooManyBytesError {
            throw HearthError(.internalError, "The answer of \(base) is longer than \(Limits.bodyBytes) bytes.")
        }
        let value: JSONValue? = bytes.isEmpty ? .null : try? JSONParser.read(bytes)
        guard (200..<300).contains(status) else { throw refusal(value ?? .null, status: status) }
        guard let value else {
            throw HearthError(
                .internalError, "The server at \(base) does not answer with JSON: it is no \(peer.rawValue).",
                hint: "Check the address and its port.")
        }
        return value
    }
}
