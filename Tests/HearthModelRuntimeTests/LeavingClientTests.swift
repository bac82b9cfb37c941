import HearthCore
import HearthDoors
import HearthHTTP
import HearthInference
import HearthTesting
import HearthWorkerLink
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Testing

@testable import HearthModelRuntime

/// A client that leaves takes its input out of the model's queue: over the front, the worker's socket and the host.
@Suite(.timeLimit(.minutes(3))) struct LeavingClientTests {
    /// Runs a front and a worker around a host, and gives the front's port.
    private func withServers(
        _ host: ModelHost, _ body: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder(.memory)
        let worker = WorkerServer(engine: host) {
            EngineStatus(
                worker: "w", pid: 1, models: host.models(), defaultEmbedder: host.defaultEmbedderID, memoryBytes: 0,
                endedJobs: 0)
        }
        let client = WorkerClient()
        client.use(socket: folder.file("w"))
        let runner = EmbeddingRunner(service: EmbeddingService(engine: client), metrics: MetricsRegistry())
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        let front = try FrontDoor(
            [OpenAIDoor(runner)], admission: Admission(metrics: MetricsRegistry()) { _, _ in Caller(.local) },
            budget: BodyBudget(), host: "127.0.0.1", port: 0, logger: .silent
        ) { listening.yield($0) }
        let group = ServiceGroup(
            configuration: .init(
                services: [worker.service(socket: folder.file("w"), logger: .silent), front], logger: .silent))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var iterator = ports.makeAsyncIterator()
            let port = try #require(await iterator.next())
            try await body(port)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        try await client.shutDown()
    }

    /// Asks for the vector of a text of one token, and waits for nothing.
    private func ask(_ token: Int, at port: Int) async throws -> any Channel {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port).get()
        let body = #"{"model": "text", "input": [\#(token)]}"#
        let head = "POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        try await channel.writeAndFlush(ByteBuffer(string: head + body))
        return channel
    }

    private func queued(_ host: ModelHost) -> Int { host.state.withLock { $0.slots["text"]?.queue.count ?? 0 } }

    @Test func inputsOfClientsThatHaveLeftTakeNoPass() async throws {
        // A second stream would take what shall wait.
        let runtime = FakeTextRuntime(narrowGate: Gate(), passGate: Gate())
        try await withTextHost(runtime) { host in
            try await withServers(host) { port in
                let first = try await ask(5, at: port)
                await runtime.passGate.arrival(1)
                var others: [any Channel] = []
                for token in 6...10 { others.append(try await ask(token, at: port)) }
                try await eventually("five wait behind the pass") { queued(host) == 5 }
                for leaving in others.dropLast() { try await leaving.close() }
                try await eventually("four have left the queue") { queued(host) == 1 }
                runtime.passGate.open()
                try await eventually("the one that stayed is answered") { queued(host) == 0 }
                try await eventually("both passes are over") { runtime.passes.withLock { $0.count } == 2 }
                try await first.close()
                try await others.last?.close()
            }
            #expect(runtime.passes.withLock { $0.map(\.[0]) } == [1, 1], "one text each: the first and the last")
        }
    }
}
