import AsyncHTTPClient
import Foundation
package import HearthCore
import NIOCore
import NIOFoundationEssentialsCompat
import NIOHTTP1

/// The worker's models as the front sees them: ``InferenceEngine`` over the socket of whichever worker is current.
///
/// A call that meets a worker which is loading, dying or being replaced is tried again until its deadline.
package final class WorkerClient: InferenceEngine {
    /// Seconds: who is told to come back that late need not wait.
    private static let hopeless = 30

    private let client: HTTPClient
    private let current = Locked<String?>(nil)

    package init() {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Closes the connections; call it once, last.
    package func shutDown() async throws { try await client.shutdown() }

    /// Sends new calls to the worker behind this socket; nil: there is none.
    package func use(socket: String?) { current.withLock { $0 = socket } }

    package func embed(_ request: EmbeddingRequest) async throws -> EmbeddingResult {
        var pause = Duration.milliseconds(20)
        while true {
            do {
                return try await attempt(request)
            } catch let error as HearthError where error.code == .modelNotReady {
                // A model that could not be loaded will not be there in a moment.
                guard (error.retryAfter ?? 0) < Self.hopeless else { throw error }
                // The worker is being started or replaced: the caller waits, within its deadline.
                guard ContinuousClock.now + pause < request.deadline else { throw error }
                try await Task.sleep(for: pause)
                pause = min(pause * 2, .milliseconds(250))
            }
        }
    }

    package func models() async throws -> [ModelStatus] { try await status().models }

    package func defaultEmbedder() async throws -> ModelStatus? { try await status().embedder }

    package func infer(_ request: InferenceRequest) async throws -> [NamedTensor] { throw Self.notReady(nil) }
    package func load(_ model: String, keepAlive: KeepAlive?, deadline: ContinuousClock.Instant) async throws {}
    package func unload(_ model: String) async throws {}

    /// The current worker's description of itself.
    package func status() async throws -> EngineStatus { try await status(of: requireSocket()) }

    /// A worker's description of itself.
    /// - Throws: ``HearthError`` `model_not_ready` when it does not answer.
    package func status(of socket: String, timeout: Duration = .seconds(2)) async throws -> EngineStatus {
        let request = try Self.request(socket, EngineWire.statusPath, query: nil)
        let (_, body) = try await send(request, timeout: timeout)
        return try JSONValueDecoder.decode(EngineStatus.self, from: JSONParser.parse(body))
    }

    private func requireSocket() throws -> String {
        guard let socket = current.withLock({ $0 }) else { throw Self.notReady(nil) }
        return socket
    }

    private func attempt(_ request: EmbeddingRequest) async throws -> EmbeddingResult {
        let left = request.deadline - .now
        guard left > .zero else { throw HearthError(.deadlineExceeded, "The model did not answer in time.") }
        let model = request.model.flatMap { $0.addingPercentEncoding(withAllowedCharacters: .alphanumerics) }
        var call = try Self.request(requireSocket(), EngineWire.embedPath, query: model.map { "model=\($0)" })
        call.method = .POST
        call.headers.add(name: EngineWire.timeoutField, value: String(left.milliseconds))
        guard case .image(let image) = request.input else { throw Self.notReady(nil) }
        call.body = .bytes(ByteBuffer(bytes: image))
        let (headers, body) = try await send(call, timeout: left)
        guard let header = headers.first(name: EngineWire.embeddingField) else {
            throw HearthError(.internalError, "The worker answered without a description.")
        }
        let description = try JSONValueDecoder.decode(
            EngineWire.EmbeddingHeader.self, from: JSONParser.parse(Data(header.utf8)))
        return try description.result(body: body)
    }

    private func send(_ request: HTTPClientRequest, timeout: Duration) async throws -> (HTTPHeaders, Data) {
        let response: HTTPClientResponse
        let body: ByteBuffer
        do {
            response = try await client.execute(request, timeout: .milliseconds(max(timeout.milliseconds, 1)))
            body = try await response.body.collect(upTo: Limits.bodyBytes)
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
        return (response.headers, bytes)
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

    private static func notReady(_ cause: (any Error)?) -> HearthError {
        HearthError(
            .modelNotReady, "The model is not ready.", hint: "It is loading, or its worker is being restarted.",
            retryAfter: 1, cause: cause)
    }

    private static func request(_ socket: String, _ path: String, query: String?) throws -> HTTPClientRequest {
        guard let url = URL(httpURLWithSocketPath: socket, uri: query.map { "\(path)?\($0)" } ?? path) else {
            throw notReady(nil)
        }
        var request = HTTPClientRequest(url: url.absoluteString)
        // A socket has no name, and HTTP/1.1 wants one.
        request.headers.add(name: "host", value: "hearth-worker")
        return request
    }
}
