package import Foundation
package import HearthCore
import HearthHTTPClient
package import HearthJSON
import NIOCore
import NIOFoundationEssentialsCompat
import NIOHTTP1

/// The commands' way to a running server: its HTTP door.
package struct APIClient: Sendable {
    private let base: String
    private let apiKey: Secret?

    /// Silence alone ends nothing here: each call has a time of its own.
    private static let http = HTTPClient(.init(connect: .seconds(10), read: nil))

    package init(base: String, apiKey: Secret?) {
        self.base = base.hasSuffix("/") ? String(base.dropLast()) : base
        self.apiKey = apiKey
    }

    /// What a request carries.
    package enum Body: Sendable {
        case none
        case json(JSONValue)
        case picture(Data)
        /// Objects of JSON, one a line.
        case lines(Data)
        case form(MultipartForm)
    }

    /// Calls an operation by any of its names.
    /// - Parameter files: fields whose values are files, with the files' paths.
    /// - Throws: as ``send(_:_:query:body:timeout:)``; `not_found` for a file that cannot be read.
    func call(
        _ operation: String, _ input: JSONObject, files: [(field: String, path: String)] = [], timeout: Duration
    ) async throws -> JSONValue {
        let body: Body =
            files.isEmpty
            ? .json(.object(input))
            : .form(MultipartForm(fields: input, files: try files.map { ($0.field, $0.path, try readFile($0.path)) }))
        return try await send(.post, "/api/operations/\(operation)", body: body, timeout: timeout)
    }

    /// - Throws: the server's own ``HearthError``; `storage_unavailable` when no server answers.
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
            request.body = .bytes(ByteBuffer(bytes: form.body))
        }
        return try await answer(to: request, timeout: timeout)
    }

    /// Writes the answer to a GET into a file, piece by piece.
    /// - Throws: as ``send(_:_:query:body:timeout:)``.
    func download(_ path: String, query: [String: String?] = [:], into file: FileHandle) async throws {
        let request = try request(.get, path, query: query)
        let response: HTTPReply
        do {
            response = try await Self.http.send(request)
        } catch let error as HTTPCallFailure {
            throw unreachable(error)
        }
        guard response.status == 200 else {
            let bytes = Data(try await response.body.collect(upTo: Limits.plainBodyBytes).readableBytesView)
            throw Self.error((try? JSONParser.read(bytes)) ?? .null, status: response.status)
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
                .invalidRequest, "`\(base)` is no address of a server.", hint: "It begins with http:// or https://.")
        }
        var request = HTTPCall(address)
        request.method = .init(rawValue: method.rawValue)
        if let apiKey { request.headers.add(name: "authorization", value: "Bearer \(apiKey.revealed)") }
        return request
    }

    private func unreachable(_ cause: any Error) -> HearthError {
        HearthError(
            .storageUnavailable, "No server answers at \(base).",
            hint: "Start one with `hearth serve`, or name it by --url or HEARTH_URL.", cause: cause)
    }

    /// What a server says is wrong: Hearth, or Chroma, whose error is a name beside a message.
    private static func error(_ value: JSONValue, status: Int) -> HearthError {
        let error = value["error"]
        let message = error?["message"] ?? value["message"]
        return HearthError(
            HearthError.Code(rawValue: error?["code"]?.stringValue ?? (status == 404 ? "not_found" : "internal_error")),
            message?.stringValue ?? "The server answered with status \(status).", hint: error?["hint"]?.stringValue,
            details: error?["details"])
    }

    private func answer(to request: HTTPCall, timeout: Duration) async throws -> JSONValue {
        let status: Int
        let bytes: Data
        do {
            (status, bytes) = try await withDeadline(.now + timeout, "The server's answer") {
                let response = try await Self.http.send(request)
                let bytes = Data(try await response.body.collect(upTo: Limits.bodyBytes).readableBytesView)
                return (response.status, bytes)
            }
        } catch {
            throw unreachable(error)
        }
        let value = bytes.isEmpty ? JSONValue.null : try JSONParser.read(bytes)
        guard (200..<300).contains(status) else {
            throw Self.error(value, status: status)
        }
        return value
    }
}
