import Foundation
import HTTPTypes
import HearthCore
import HearthHTTP
import HearthJSON
import HearthJobs
import HearthLocalFiles
import HearthSQLite
import HearthTesting

@testable import HearthDoors

/// The image calls over a real queue, store and files; the test is the worker that makes the pictures.
final class ImageWorld: Sendable {
    /// As much of `studio.outputs.generate` as the door sees of it.
    struct Generate: Sendable, Codable {
        var prompt: String
        var kind: OutputKind?
        var n: Int?
        var width: Int?
        var height: Int?
        var aspect: String?
        var seed: Int64?
        var steps: Int?
        var cfg: Double?
        var character: String?
        var project: String?
        var stylePreset: String?
        var negativePrompt: String?
        var referenceWeight: Double?
        var generator: String?
        var workflow: String?
        var preview: Bool?
        var idempotencyKey: String?
        var pictures: [StartPicture]?
    }

    struct StartPicture: Sendable, Codable {
        var pictureID: String
        var purpose: String
    }

    struct Begun: Sendable, Codable {
        struct Other: Sendable, Codable {
            var jobID: String
            var outputID: String
        }

        var jobID: String
        var outputID: String
        var others: [Other]
    }

    struct Nothing: Sendable, Codable {}

    struct Stored: Sendable, Codable {
        var pictureID: String
    }

    struct OutputReference: Sendable, Codable {
        var outputID: String
    }

    /// Outputs by their identifiers, which are those of their files.
    private struct Owner: FileOwner {
        let files: Locked<[String: StoredFile]>
        let fileFolders = ["outputs"]

        func named(_ paths: [String], in db: any SQLConnection) throws -> Set<String> { [] }

        func file(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> StoredFile? {
            tenant == .local ? files.withLock { $0[id] } : nil
        }
    }

    let bench: QueueBench
    let hub: EventHub
    let client: DoorClient
    /// The inputs of `studio.outputs.generate`, in their order.
    let inputs = Locked<[JSONValue]>([])
    let stored = Locked<[Data]>([])
    private let folder: TemporaryFolder
    private let threads = BlockingThreads(name: "test-images", threads: 1)
    private let blobs: LocalBlobStore
    private let files = Locked<[String: StoredFile]>([:])

    init(storesPictures: Bool = true, budget: BodyBudget = BodyBudget()) async throws {
        folder = try TemporaryFolder(.memory)
        let bench = try await QueueBench(SQLiteStore(path: folder.file("images.db")))
        self.bench = bench
        blobs = LocalBlobStore(root: folder.path, threads: threads)
        hub = EventHub(store: bench.store, table: bench.table, signal: bench.signal, logger: .quiet)
        let registry = try OperationRegistry(
            [Self.generate(bench, inputs)] + (storesPictures ? [Self.store(stored)] : []))
        let readable = StoredFiles(store: bench.store, blobs: blobs, owners: [Owner(files: files)])
        let doors = [OpenAIDoor.Server.openAI, .openVINO].map { [hub] server in
            OpenAIImageDoor(registry: registry, queue: bench.queue, hub: hub, files: readable, as: server)
        }
        client = try DoorClient(doors, budget: budget)
    }

    deinit { threads.stop() }

    private static func declaration(_ name: String, attachment: AttachmentRule? = nil)
        -> HearthCore.Operation.Declaration
    {
        .init(name, "Does it.", description: "Does it.", permission: .write, hints: .adds, attachment: attachment)
    }

    /// The output of a job, known as soon as the job can be leased.
    private static func output(of job: String) -> String { "output-of-\(job)" }

    private static func generate(_ bench: QueueBench, _ inputs: Locked<[JSONValue]>) -> HearthCore.Operation {
        let known = Locked<[String: Begun]>([:])
        return HearthCore.Operation(declaration("studio.outputs.generate"), input: Generate.self, output: Begun.self) {
            input, _ in
            guard input.generator != "nothing" else {
                throw HearthError(.invalidRequest, "There is no generator `nothing` on this server.", hint: "Others.")
            }
            inputs.withLock { $0.append((try? JSONValueEncoder.encode(input)) ?? .null) }
            if let key = input.idempotencyKey, let begun = known.withLock({ $0[key] }) { return begun }
            var outputs: [Begun.Other] = []
            for _ in 0..<(input.n ?? 1) {
                let job = try await bench.add()
                outputs.append(.init(jobID: job, outputID: Self.output(of: job)))
            }
            let begun = Begun(
                jobID: outputs[0].jobID, outputID: outputs[0].outputID, others: Array(outputs.dropFirst()))
            if let key = input.idempotencyKey { known.withLock { $0[key] = begun } }
            return begun
        }
    }

    private static func store(_ stored: Locked<[Data]>) -> HearthCore.Operation {
        HearthCore.Operation(
            declaration("studio.pictures.add", attachment: .image(isRequired: true)), input: Nothing.self,
            output: Stored.self
        ) { _, context in
            let picture = try context.requireImage().bytes
            return stored.withLock { pictures in
                pictures.append(picture)
                return Stored(pictureID: "picture-\(pictures.count)")
            }
        }
    }

    // MARK: The worker

    /// The jobs that wait, leased.
    func leases(_ count: Int) async throws -> [JobLease] {
        var leases: [JobLease] = []
        try await eventually("there are \(count) jobs") {
            leases += try await self.bench.lease()
            return leases.count == count
        }
        return leases
    }

    /// Runs the hub of events, which wakes those who wait.
    func running<Output: Sendable>(_ body: () async throws -> Output) async throws -> Output {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [hub] in try await hub.run() }
            let output = try await body()
            group.cancelAll()
            try await group.waitForAll()
            return output
        }
    }

    func post(_ path: String, _ json: String, headers: HTTPFields = [:]) async throws -> DoorClient.Answer {
        try await client.send(.post, path, body: Data(json.utf8), headers: headers)
    }

    /// Ends a job with a picture.
    /// - Parameter absent: bytes of a picture that has a row and no file, so that nobody can read it; nil: it has one.
    func finish(_ lease: JobLease, absent: Int? = nil) async throws {
        let output = Self.output(of: lease.jobID)
        let path = "outputs/\(output).png"
        if absent == nil { try await blobs.write(Self.picture, to: path) }
        files.withLock {
            $0[output] = StoredFile(
                path: path, mediaType: "image/png", sha256: "", bytes: absent ?? Self.picture.count, createdAt: 0)
        }
        _ = try await bench.complete(lease)
        bench.signal.ring()
    }

    static let picture = EmbeddingWorld.pixel
}
