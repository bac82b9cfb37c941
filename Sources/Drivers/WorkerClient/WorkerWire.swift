import AsyncHTTPClient
import Foundation
import HearthCore
import NIOCore
import NIOFoundationEssentialsCompat
import NIOHTTP1

/// Calls over workers' unix sockets, as ``EngineWire`` describes them: one try each.
struct WorkerWire {
    private let client: HTTPClient

    init() {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    func shutDown() async throws { try await client.shutdown() }

    func post(
        _ path: String, to socket: String, frames: [EngineWire.Frame], timeout: Duration
    ) async throws -> [EngineWire.Frame] {
        var call = try Self.request(socket, path, query: [:])
        call.method = .POST
        call.body = .bytes(ByteBuffer(bytes: EngineWire.encode(frames)))
        return try EngineWire.decode(try await send(call, timeout: timeout))
    }

    /// A call that changes what is in memory; answers with the worker's new state.
    func change(
        _ path: String, query: [String: String], at socket: String, timeout: Duration
    ) async throws -> EngineStatus {
        var call = try Self.request(socket, path, query: query)
        call.method = .POST
        return try Self.status(try await send(call, timeout: timeout))
    }

    func status(of socket: String, timeout: Duration) async throws -> EngineStatus {
        try Self.status(try await send(Self.request(socket, EngineWire.statusPath, query: [:]), timeout: timeout))
    }

    private static func status(_ body: Data) throws -> EngineStatus {
        try JSONValueDecoder.decode(EngineStatus.self, from: JSONParser.parse(body))
    }

    private func send(_ request: HTTPClientRequest, timeout: Duration) async throws -> Data {
        let response: HTTPClientResponse
        let body: ByteBuffer
        do {
            let milliseconds = max(1, timeout.nanoseconds / 1_000_000)
            response = try await client.execute(request, timeout: .milliseconds(milliseconds))
            body = try await response.body.collect(upTo: Limits.engineBodyBytes)
        } catch let error as CancellationError {
            throw error
        } catch let error as HTTPClientError where error == .deadlineExceeded {
            throw HearthError(.deadlineExceeded, "The model did not answer in time.", retryAfter: 1)
        } catch {
            throw Self.notReady(error)
        }
        let bytes = Data(body.readableBytesView)
        guard response.status == .ok else {
            throw Self.error(bytes, retryAfter: response.headers.first(name: "retry-after").flatMap { Int($0) })
        }
        return bytes
    }

    /// The error that a worker answered with, as it was thrown there.
    private static func error(_ body: Data, retryAfter: Int?) -> HearthError {
        guard let error = try? JSONParser.parse(body)["error"], let code = error["code"]?.stringValue else {
            return HearthError(.internalError, "The worker answered with an error of an unknown form.")
        }
        let isPassing = code == HearthError.Code.modelNotReady.rawValue || code == "shutting_down"
        return HearthError(
            isPassing ? .modelNotReady : HearthError.Code(rawValue: code), error["message"]?.stringValue ?? "",
            hint: error["hint"]?.stringValue, retryAfter: retryAfter ?? (isPassing || code == "overloaded" ? 1 : nil))
    }

    static func notReady(_ cause: (any Error)?) -> HearthError {
        HearthError(
            .modelNotReady, "The model is not ready.", hint: "It is loading, or its worker is being restarted.",
            retryAfter: 1, cause: cause)
    }

    private static func request(
        _ socket: String, _ path: String, query: [String: String]
    ) throws -> HTTPClientRequest {
        let pairs = query.sorted { $0.key < $1.key }.map { name, value in
            "\(name)=\(value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")"
        }
        let uri = pairs.isEmpty ? path : "\(path)?\(pairs.joined(separator: "&"))"
        guard let url = URL(httpURLWithSocketPath: socket, uri: uri) else { throw notReady(nil) }
        var request = HTTPClientRequest(url: url.absoluteString)
        // A socket has no name, and HTTP/1.1 wants one.
        request.headers.add(name: "host", value: "hearth-worker")
        return request
    }
}
