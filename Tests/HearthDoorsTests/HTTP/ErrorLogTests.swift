import Foundation
import HTTPTypes
import HearthCore
import HearthHTTP
import HearthInference
import HearthTesting
import Logging
import Testing

@testable import HearthDoors

/// At which level errors of requests are logged.
@Suite struct ErrorLogTests {
    /// Throws one error, worded as some protocol words it.
    private struct FailingDoor: Door {
        let code: HearthError.Code
        let errors: ErrorShape

        var routes: [DoorRoute] {
            [
                DoorRoute(.get, "/fails", errors: errors, describe: OpenAPIEntry("fails", "", answer: nil)) { _ in
                    throw HearthError(code, "It fails.")
                }
            ]
        }
    }

    private let levels = LogRecorder.Levels()

    private var logger: Logger {
        Logger(label: "log") { _ in
            var recorder = LogRecorder(levels: levels)
            recorder.logLevel = .debug
            return recorder
        }
    }

    private static let shapes = [
        ErrorShape.hearth, .text(in: "detail"), .chroma, OpenAIError.shape, TEIError.shape,
    ]

    @Test(arguments: [
        HearthError.Code.invalidRequest, .emptyInput, .invalidImage, .imageTooLarge, .unsupportedMediaType,
        .bodyTooLarge, .upgradeRequired, .notImplemented, .unprocessable, .notFound, .conflict, .forbidden,
        .overloaded, .quotaExceeded, .modelNotReady, .deadlineExceeded,
    ])
    func whatIsNoFaultOfTheServerIsNoErrorInItsLog(_ code: HearthError.Code) async throws {
        for shape in Self.shapes {
            _ = try await DoorClient([FailingDoor(code: code, errors: shape)], logger: logger).send(.get, "/fails")
        }
        #expect(levels.all == Self.shapes.map { _ in .debug })
    }

    @Test func aFaultIsAnErrorWhateverStatusAProtocolGivesIt() async throws {
        for shape in Self.shapes {
            let client = try DoorClient([FailingDoor(code: .internalError, errors: shape)], logger: logger)
            _ = try await client.send(.get, "/fails")
        }
        #expect(levels.all == Self.shapes.map { _ in .error })
    }

    @Test(arguments: [
        ("/embed", #"{"inputs": ""}"#, 400), ("/embed", #"{"inputs": []}"#, 400), ("/embed", #"{"inputs": 7}"#, 422),
        ("/v1/embeddings", #"{"model": "m", "input": ""}"#, 400), ("/v1/embeddings", #"{"input": []}"#, 400),
        ("/api/embed", #"{"model": "m", "input": 7}"#, 400), ("/embed", "{", 400), ("/nowhere", "", 404),
    ])
    func aRequestThatIsWrongIsNoErrorInTheLog(path: String, body: String, status: Int) async throws {
        let engine = ScriptedEngine([EmbeddingWorld.textModel])
        let runner = EmbeddingRunner(service: EmbeddingService(engine: engine), metrics: MetricsRegistry())
        let doors: [any Door] = [
            EmbeddingDoor(runner), OpenAIDoor(runner), TEIDoor(runner), OllamaDoor(runner), OpenInferenceDoor(runner),
        ]
        let answer = try await DoorClient(doors, logger: logger).send(.post, path, body: Data(body.utf8))
        #expect(answer.status == status, "\(answer.text)")
        #expect(levels.all == [.debug])
    }
}
