import Foundation
import HearthCore
import HearthInference
import HearthJSON

/// A worker process that makes vectors of pictures: `hearth-worker vectors MODEL`.
///
/// It needs no server, port or data folder, and writes no file. A signal that ends this process ends it first; and it
/// ends when its input does, so with this process in whatever way that ends.
final class VectorWorker {
    /// What a model is, as the worker says it first.
    struct Model {
        let id: String
        /// From which cosine on a match counts as the same; nil when the model does not say it.
        let match: MatchRule?
    }

    /// The vectors of a picture.
    struct Vectors {
        let picture: [Float]
        /// Of its changed copies; those that could not be made are missing.
        let changes: [PictureChange: [Float]]
    }

    /// Bytes of one line: the longest vectors that a model may have, for a picture and all changes.
    private static let lineBytes = 8 << 20

    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    /// Reading from the worker blocks a thread.
    private let threads = BlockingThreads(name: "hearth-vectors", threads: 1)
    private var lines = LineReader(limit: VectorWorker.lineBytes)

    /// Starts the process.
    /// - Throws: ``HearthError`` when there is no worker program.
    init(_ model: String, settings: Settings) throws {
        process.executableURL = URL(fileURLWithPath: try ProgramFiles.worker())
        process.arguments = ["vectors", model]
        process.environment = ChildEnvironment.make(adding: settings.worker("vectors").environment)
        process.standardInput = input
        process.standardOutput = output
        try ExitCleanup.shared.start(process)
    }

    /// What the model is; ask once, first.
    /// - Throws: ``HearthError``: why it cannot be loaded.
    func model() async throws -> Model {
        let head = try await line("the model")
        guard let id = head["model"]?.stringValue else { throw Self.failure(head) }
        let match = head["match_threshold"]?.doubleValue.map { threshold in
            MatchRule(
                threshold: threshold, anchors: head["match_anchors"]?.integerValue.flatMap { Int(exactly: $0) },
                perHalving: head["match_per_halving"]?.doubleValue)
        }
        return Model(id: id, match: match)
    }

    /// The vectors of a picture and of its changed copies.
    /// - Throws: ``HearthError`` `invalid_image` when the file is no picture that Hearth takes, `internal_error` when
    ///   the worker has ended.
    func vectors(of path: String, changes: [PictureChange]) async throws -> Vectors {
        let question: JSONValue = [
            "path": .string(path), "changes": .array(changes.map { .string($0.rawValue) }),
        ]
        do {
            try input.fileHandleForWriting.write(contentsOf: Data((question.encodedText() + "\n").utf8))
        } catch {
            throw Self.ended(path)
        }
        let answer = try await line(path)
        guard let picture = answer["picture"] else { throw Self.failure(answer) }
        var changed: [PictureChange: [Float]] = [:]
        for member in answer["changes"]?.objectValue?.members ?? [] {
            guard let change = PictureChange(rawValue: member.key) else { continue }
            changed[change] = try Self.vector(member.value)
        }
        return Vectors(picture: try Self.vector(picture), changes: changed)
    }

    /// Ends the process, and waits until it has ended.
    func stop() {
        threads.stop()
        try? input.fileHandleForWriting.close()
        ExitCleanup.shared.stop(process)
    }

    /// - Parameter what: What the worker was asked for, which is named when it has ended.
    private func line(_ what: String) async throws -> JSONValue {
        while true {
            if let line = lines.next() {
                guard let bytes = line.bytes else { throw Self.ended(what) }
                return try JSONParser.read(bytes)
            }
            let handle = output.fileHandleForReading
            let bytes = try await threads.run { handle.availableData }
            guard !bytes.isEmpty else { throw Self.ended(what) }
            lines.append(bytes)
        }
    }

    private static func vector(_ value: JSONValue) throws -> [Float] {
        try Base64.decode(value.stringValue ?? "", field: "vector").littleEndianFloats
    }

    private static func failure(_ answer: JSONValue) -> HearthError {
        HearthError(.invalidImage, answer["error"]?.stringValue ?? "The worker gave no vector.")
    }

    private static func ended(_ what: String) -> HearthError {
        HearthError(
            .internalError, "The worker has ended before its answer to \(what).", hint: "Its message is above, if any.")
    }
}
