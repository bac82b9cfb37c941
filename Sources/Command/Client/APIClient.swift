import AsyncHTTPClient
import Foundation
import HearthCore
import NIOCore
import NIOFoundationEssentialsCompat
import NIOHTTP1

/// The commands' way to a running server: its HTTP door.
struct APIClient: Sendable {
    private let base: String
    private let apiKey: String?

    /// Lives as long as the command. Where nobody listens, nobody is waited for: the usual client keeps knocking for
    /// the whole time of the request.
    private static let http: HTTPClient = {
        var configuration = HTTPClient.Configuration.singletonConfiguration
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    init(base: String, apiKey: String?) {
        self.base = base.hasSuffix("/") ? String(base.dropLast()) : base
        self.apiKey = apiKey
    }

    /// What a request carries.
    enum Body: Sendable {
        case none
        case json(JSONValue)
        case picture(Data)
    }

    /// - Throws: the server's own ``HearthError``; `storage_unavailable` when nobody answers.
    @discardableResult
    func send(
        _ method: Route.Method, _ path: String, query: [String: String?] = [:], body: Body = .none,
        timeout: Duration = .seconds(30)
    ) async throws -> JSONValue {
        var components = URLComponents()
        components.path = path
        let items = query.sorted { $0.key < $1.key }.compactMap { key, value in
            value.map { URLQueryItem(name: key, value: $0) }
        }
        if !items.isEmpty { components.queryItems = items }
        // `+` means a blank in queries to some servers, so it is always spelt out.
        let suffix = (components.string ?? path).replacingOccurrences(of: "+", with: "%2B")
        var request = HTTPClientRequest(url: base + suffix)
        request.method = .init(rawValue: method.rawValue)
        if let apiKey { request.headers.add(name: "authorization", value: "Bearer \(apiKey)") }
        switch body {
        case .none:
            break
        case .json(let value):
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: value.encoded()))
        case .picture(let bytes):
            request.headers.add(name: "content-type", value: "application/octet-stream")
            request.body = .bytes(ByteBuffer(bytes: bytes))
        }
        return try await answer(to: request, timeout: timeout)
    }

    private func answer(to request: HTTPClientRequest, timeout: Duration) async throws -> JSONValue {
        let status: Int
        let bytes: Data
        do {
            let response = try await Self.http.execute(
                request, timeout: .milliseconds(timeout.milliseconds))
            bytes = Data(try await response.body.collect(upTo: Limits.bodyBytes).readableBytesView)
            status = Int(response.status.code)
        } catch {
            throw HearthError(
                .storageUnavailable, "No server answers at \(base).",
                hint: "Start one with `hearth serve`, or name it by --url or HEARTH_URL.", cause: error)
        }
        let value = bytes.isEmpty ? JSONValue.null : try JSONParser.parse(bytes)
        guard (200..<300).contains(status) else {
            let error = value["error"]
            throw HearthError(
                HearthError.Code(rawValue: error?["code"]?.stringValue ?? "internal_error"),
                error?["message"]?.stringValue ?? "The server answered with status \(status).",
                hint: error?["hint"]?.stringValue)
        }
        return value
    }
}
