import Foundation
import HearthCore
import HearthInference
import HearthJSON
import NIOCore
import NIOFoundationEssentialsCompat
import NIOHTTP1

/// Calls over workers' unix sockets, as ``EngineWire`` describes them: one try each.
struct WorkerWire {
    private let connections = WorkerConnections()

    func shutDown() async throws { try await connections.shutDown() }

    func post(
        _ path: String, to socket: String, frames: [EngineWire.Frame], timeout: Duration
    ) async throws -> [EngineWire.Frame] {
        let body = ByteBuffer(bytes: EngineWire.encode(frames))
        return try EngineWire.decode(try await send(.POST, path, body: body, to: socket, timeout: timeout))
    }

    /// A call that changes what is in memory; answers with the worker's new state.
    func change(
        _ path: String, query: [String: String], at socket: String, timeout: Duration
    ) async throws -> EngineStatus {
        let pairs = query.sorted { $0.key < $1.key }.map { name, value in
            "\(name)=\(value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")"
        }
        return try Self.status(
            try await send(.POST, "\(path)?\(pairs.joined(separator: "&"))", to: socket, timeout: timeout))
    }

    func status(of socket: String, timeout: Duration) async throws -> EngineStatus {
        try Self.status(try await send(.GET, EngineWire.statusPath, to: socket, timeout: timeout))
    }

    /// A worker's metrics in the Prometheus text format.
    func metrics(of socket: String, timeout: Duration) async throws -> String {
        String(decoding: try await send(.GET, EngineWire.metricsPath, to: socket, timeout: timeout), as: UTF8.self)
    }

    private static func status(_ body: Data) throws -> EngineStatus {
        try JSONValueDecoder.read(EngineStatus.self, from: JSONParser.read(body))
    }

    private func send(
        _ method: HTTPMethod, _ uri: String, body: ByteBuffer? = nil, to socket: String, timeout: Duration
    ) async throws -> Data {
        var head = HTTPRequestHead(version: .http1_1, method: method, uri: uri)
        // A socket has no name, and HTTP/1.1 wants one.
        head.headers = ["host": "hearth-worker", "content-length": String(body?.readableBytes ?? 0)]
        let answer: WorkerExchange.Answer
        do {
            answer = try await connections.send(head, body: body, to: socket, timeout: timeout)
        } catch let error as CancellationError {
            throw error
        } catch let error as HearthError {
            throw error
        } catch {
            throw Self.notReady(error)
        }
        let bytes = Data(answer.body.readableBytesView)
        guard answer.status == .ok else {
            throw Self.error(bytes, retryAfter: answer.headers.first(name: "retry-after").flatMap { Int($0) })
        }
        return bytes
    }

    /// The error that a worker answered with, as it was thrown there.
    private static func error(_ body: Data, retryAfter: Int?) -> HearthError {
        guard let error = try? JSONParser.read(body)["error"], let code = error["code"]?.stringValue else {
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
}
