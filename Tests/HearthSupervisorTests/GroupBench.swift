import Foundation
import HearthCore
import HearthHTTP
import HearthInference
import HearthSupervisor
import HearthTesting
import HearthWorkerLink
import Logging
import ServiceLifecycle
import ServiceLifecycleTestKit

/// A group supervisor whose workers are shell scripts; what each would say over its socket, the bench says for it as
/// long as its process lives.
struct GroupBench: Sendable {
    struct Worker: Sendable, Equatable {
        let name: String
        let pid: pid_t
        let group: String
    }

    /// What workers say of themselves.
    struct Words: Sendable {
        /// By group: how long nobody has wanted it. Others are at work.
        var idle: [String: Duration] = [:]
        /// By group.
        var bytes: [String: Int] = [:]
        /// By model, where it is not ready.
        var failing: Set<String> = []
    }

    /// A model of each group has the group's name; expected bytes are about 15 MB each, and the workers' own.
    static let groups = ["a", "b", "c"]
    /// Memory for two groups.
    static let roomForTwo = 2 * (15 << 20) + 2 * Limits.workerBaseBytes

    let client: WorkerClient
    let supervisor: GroupSupervisor
    let words = Locked(Words())
    /// Whether workers that are started from now on answer at all.
    let startsAnswering = Locked(true)
    private let answer: @Sendable (Worker, InferenceRequest) async throws -> EmbeddingResult
    private let folder: DataFolder
    private let temporary: TemporaryFolder
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// - Parameters:
    ///   - executable: What is started as worker; nil: the script.
    ///   - drains: Whether workers note that they were asked to end, and end then by themselves.
    ///   - answer: By default the vector is `[number in the input, 1]`.
    init(
        executable: String? = nil, drains: Bool = false, memoryBytes: Int = 1 << 30,
        patience: WorkerPatience = WorkerPatience(),
        answer: @escaping @Sendable (Worker, InferenceRequest) async throws -> EmbeddingResult = { Self.echo($0, $1) }
    ) throws {
        temporary = try TemporaryFolder()
        folder = DataFolder(temporary.path)
        self.answer = answer
        try folder.make()
        let script = temporary.file("worker.sh")
        // `cat` ends when it is told to, or when its input does because the server is gone.
        try """
        #!/bin/sh
        echo "$HEARTH_WORKER_ID $$ $HEARTH_WORKER_GROUP" >> "$HEARTH_DATA/started"
        if [ -e "$HEARTH_DATA/broken" ]; then exit 1; fi
        \(drains ? SupervisorBench.draining : "exec cat > /dev/null")
        """.write(toFile: script, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: script)
        let path = folder.path
        client = WorkerClient()
        supervisor = GroupSupervisor(
            folder: folder, executable: executable ?? script, memoryBytes: memoryBytes,
            settings: { worker, group in
                WorkerSettings(
                    worker: worker, dataFolder: path, modelRoots: [], anchorModel: nil, precision: "auto",
                    allowsNonCommercial: false, group: group, logLevel: "error")
            }, patience: patience, client: client, logger: Self.quiet)
    }

    /// Runs the supervisor beside the body and cancels it after, as a group of services does when one of them fails.
    func runUntilCancelled(_ body: @Sendable () async throws -> Void) async throws {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await serveWorkers() }
                try await withThrowingTaskGroup(of: Void.self) { inner in
                    inner.addTask { try await supervisor.run() }
                    defer { inner.cancelAll() }
                    client.use(socket: folder.socket(of: "main"))
                    client.note(mainStatus)
                    try await eventually("the main worker answers") { (try? await client.status()) != nil }
                    try await body()
                }
                group.cancelAll()
            }
        } catch {
            try? await client.shutDown()
            throw error
        }
        try await client.shutDown()
    }

    /// Names of the workers that can be asked to end (`trapped`), or were (`asked`).
    func noted(_ name: String) -> [String] {
        let text = (try? String(contentsOfFile: temporary.file(name), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { $0.split(separator: " ").first.map(String.init) }
    }

    /// Runs the supervisor beside the body and ends it gracefully after.
    func run(_ body: @Sendable () async throws -> Void) async throws {
        do {
            try await testGracefulShutdown { trigger in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await serveWorkers() }
                    try await withThrowingTaskGroup(of: Void.self) { inner in
                        inner.addTask { try await supervisor.run() }
                        defer { trigger.triggerGracefulShutdown() }
                        client.use(socket: folder.socket(of: "main"))
                        client.note(mainStatus)
                        try await eventually("the main worker answers") { (try? await client.status()) != nil }
                        try await body()
                        trigger.triggerGracefulShutdown()
                        try await inner.waitForAll()
                    }
                    group.cancelAll()
                }
            }
        } catch {
            try? await client.shutDown()
            throw error
        }
        try await client.shutDown()
    }

    /// Whether workers end as soon as they are started.
    func breakWorkers(_ isBroken: Bool) throws {
        let mark = temporary.file("broken")
        if isBroken { try Data().write(to: URL(fileURLWithPath: mark)) } else { unlink(mark) }
    }

    /// The workers that were started so far, in order.
    func started() -> [Worker] {
        let text = (try? String(contentsOfFile: temporary.file("started"), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count == 3, let pid = pid_t(words[1]) else { return nil }
            return Worker(name: String(words[0]), pid: pid, group: String(words[2]))
        }
    }

    /// A call for a model's vector.
    func call(_ model: String, _ number: Int32 = 1, within seconds: Double = 600) async throws -> EmbeddingResult {
        try await client.embed(Self.request(model, number, within: seconds))
    }

    static func request(_ model: String, _ number: Int32, within seconds: Double = 600) -> InferenceRequest {
        InferenceRequest(model: model, input: .tokens([number]), deadline: .now + .seconds(seconds))
    }

    static func echo(_ worker: Worker, _ request: InferenceRequest) -> EmbeddingResult {
        let number: Float = if case .tokens(let tokens) = request.input { Float(tokens.first ?? 0) } else { 0 }
        return .of([number, 1], by: .ready("\(worker.name)", .textEmbedding, dims: 2))
    }

    private var mainStatus: EngineStatus {
        let models = Self.groups.map { group in
            var model = ModelStatus.ready(group, .textEmbedding, dims: 2)
            model.state = .absent
            model.group = group
            model.weightBytes = 10 << 20
            return model
        }
        return EngineStatus(
            worker: "main", pid: 1, models: models + [.ready("scatter", .textEmbedding, dims: 2)],
            defaultEmbedder: "scatter", memoryBytes: 0, endedJobs: 0)
    }

    private func status(of worker: Worker) -> EngineStatus {
        let words = words.withLock { $0 }
        var model = ModelStatus.ready(worker.group, .textEmbedding, dims: 2)
        model.group = worker.group
        model.idleMilliseconds = Double((words.idle[worker.group] ?? .zero).nanoseconds / 1_000_000)
        if words.failing.contains(worker.group) { model.state = .failed }
        return EngineStatus(
            worker: worker.name, pid: Int(worker.pid), models: [model], defaultEmbedder: nil,
            memoryBytes: words.bytes[worker.group] ?? 1 << 20, endedJobs: 0, group: worker.group)
    }

    /// Answers for each worker that is started, and for the one that is always there.
    private func serveWorkers() async throws {
        await withDiscardingTaskGroup { group in
            let main = Worker(name: "main", pid: getpid(), group: "")
            let status = mainStatus
            group.addTask { await serve(main) { status } }
            var known: Set<String> = []
            while !Task.isCancelled {
                for worker in started() where known.insert(worker.name).inserted {
                    guard startsAnswering.withLock({ $0 }) else { continue }
                    group.addTask { await serve(worker) { self.status(of: worker) } }
                }
                try? await Task.sleep(for: .milliseconds(2))
            }
            group.cancelAll()
        }
    }

    private func serve(_ worker: Worker, status: @escaping @Sendable () -> EngineStatus) async {
        let engine = ScriptedEngine { request in try await answer(worker, request) }
        let door = WorkerServer(engine: engine) { status() }
            .service(socket: folder.socket(of: worker.name), logger: Self.quiet)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await door.run() }
            group.addTask {
                while kill(worker.pid, 0) == 0, !Task.isCancelled { try? await Task.sleep(for: .milliseconds(2)) }
            }
            await group.next()
            group.cancelAll()
        }
    }
}
