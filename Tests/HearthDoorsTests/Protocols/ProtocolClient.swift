import Foundation
import HTTPTypes
import HearthCore
import HearthHTTP
import HearthInference
import HearthTesting

@testable import HearthDoors

/// Requests to the doors of other model servers' protocols as their clients send them.
struct ProtocolClient {
    /// A picture three pixels wide and two high, in base64.
    static let png =
        "iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAFUlEQVR42mM8wcXFwMDAwMDAxAADABByAOCYMRP0AAAAAElFTkSuQmCC"

    let budget = BodyBudget(limit: 1 << 25)
    let clock = ManualClock()
    let engine: ScriptedEngine
    var principal = Principal.local

    func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: String = "", type: String = "application/json",
        headers: HTTPFields = [:]
    ) async throws -> DoorClient.Answer {
        try await send(method, path, Array(body.utf8), type: type, headers: headers)
    }

    func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: [UInt8], type: String, headers: HTTPFields = [:]
    ) async throws -> DoorClient.Answer {
        let runner = EmbeddingRunner(service: EmbeddingService(engine: engine), metrics: MetricsRegistry())
        let client = try DoorClient(
            [
                OllamaDoor(runner, clock: clock), OpenInferenceDoor(runner), ImmichDoor(runner, admitsAll: false),
                OpenAIDoor(runner, as: .openVINO), OpenAIDoor(runner), TEIDoor(runner), RootDoor(),
            ], budget: budget)
        return try await client.send(
            method, path, body: Data(body), type: type, headers: headers, as: principal)
    }
}
