import Foundation
import HearthCore
import HearthInference
import HearthJSON
import NIOCore
import NIOHTTP1

/// Calls over workers' unix sockets, as ``InferenceWire`` describes them: one try each.
struct WorkerCalls {
    private let connections = WorkerConnections()

    func shutDown() async throws { try await connections.shutDown() }

    /// The answers to requests, in their order.
    func answer(
        _ requests: [InferenceRequest], at socket: String, timeout: Duration
    ) async throws -> [Result<InferenceAnswer, HearthError>] {
        let now = ContinuousClock.now
        let body = InferenceWire.encode(requests.map { InferenceWire.message($0, now: now) })
        let bytes = try await send(.POST, InferenceWire.answerPath, body: body, to: socket, timeout: timeout)
        let answers: [Result<InferenceAnswer, HearthError>]
        do {
            answers = try InferenceWire.decode(bytes).map { try InferenceWire.answer($0) }
        } catch {
            // What the worker sends is no fault of the client.
            throw HearthError(.internalError, "The worker's answer cannot be read.", cause: error)
        }
        guard answers.count == requests.count else {
            throw HearthError(.internalError, "The worker answered with \(answers.count) results.")
        }
        return answers
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
        try Self.status(try await send(.GET, InferenceWire.statusPath, to: socket, timeout: timeout))
    }

    /// A worker's metrics in the Prometheus text format.
    func metrics(of socket: String, timeout: Duration) async throws -> String {
        String(buffer: try await send(.GET, InferenceWire.metricsPath, to: socket, timeout: timeout))
    }

    private static func status(_ body: ByteBuffer) throws -> EngineStatus {
        try JSONValueDecoder.read(EngineStatus.self, from: body.json())
    }

    private func send(
        _ method: HTTPMethod, _ uri: String, body: [ByteBuffer] = [], to socket: String, timeout: Duration
    ) async throws -> ByteBuffer {
        var head = HTTPRequestHead(version: .http1_1, method: method, uri: uri)
        // A socket has no name, and HTTP/1.1 wants one.
        head.headers = ["host": "hearth-worker", "content-length": String(body.reduce(0) { $0 + $1.readableBytes })]
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
        guard answer.status == .ok else {
            throw Self.error(answer.body, retryAfter: answer.headers.first(name: "retry-after").flatMap { Int($0) })
        }
        return answer.body
    }

    /// The error that a worker answered with, as it was thrown there.
    private static func error(_ body: ByteBuffer, retryAfter: Int?) -> HearthError {
        guard let error = try? body.json()["error"], let code = error["code"]?.stringValue else {
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
