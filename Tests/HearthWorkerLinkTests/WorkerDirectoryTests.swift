import HearthCore
import HearthInference
import HearthTesting
import Testing

@testable import HearthWorkerLink

/// What the front knows of its workers.
@Suite struct WorkerDirectoryTests {
    private func model(_ id: String, group: String? = nil, _ state: ModelState = .ready) -> ModelStatus {
        var model = ModelStatus.ready(id, .imageEmbedding, dims: 4)
        model.state = state
        model.group = group
        return model
    }

    private func status(_ models: [ModelStatus], group: String? = nil) -> EngineStatus {
        EngineStatus(
            worker: "w", pid: 1, models: models, defaultEmbedder: "scatter", memoryBytes: 0, endedJobs: 0, group: group)
    }

    /// A directory that knows `scatter`, and `clip`, which lives in a group that is not in memory.
    private var directory: WorkerDirectory {
        var directory = WorkerDirectory()
        directory.use(socket: "/main", group: nil)
        directory.note(status([model("scatter"), model("clip", group: "large", .absent)]), group: nil)
        return directory
    }

    private func states(_ directory: WorkerDirectory) -> [ModelState]? { directory.models?.map(\.state) }

    @Test func nothingIsKnownAtFirst() {
        let directory = WorkerDirectory()
        #expect(directory.models == nil && directory.socket(group: nil) == nil && directory.socket(of: "x") == nil)
        #expect(directory.embedder == nil, "that is not the same as: there is none")
    }

    @Test func callsGoToTheWorkerThatHasTheModel() {
        var directory = directory
        #expect(directory.group(of: "clip") == "large" && directory.group(of: "scatter") == nil)
        #expect(directory.socket(of: "scatter") == "/main")
        #expect(directory.socket(of: "clip") == nil, "never to the worker that has it not")
        directory.use(socket: "/large", group: "large")
        #expect(directory.socket(of: "clip") == "/large" && directory.socket(of: "scatter") == "/main")
        directory.use(socket: nil, group: "large")
        #expect(directory.socket(of: "clip") == nil)
        #expect(directory.socket(of: "nobody") == "/main", "who says that there is no such model")
    }

    @Test func modelsElsewhereAreAsTheirOwnWorkerSays() {
        var directory = directory
        #expect(states(directory) == [.ready, .absent])
        directory.use(socket: "/large", group: "large")
        directory.note(status([model("clip", group: "large", .warming)], group: "large"), group: "large")
        #expect(states(directory) == [.ready, .warming])
        directory.use(socket: nil, group: "large")
        #expect(states(directory) == [.ready, .absent])
        directory.note(status([model("clip", group: "large")], group: "large"), group: "large")
        #expect(states(directory) == [.ready, .absent], "the last words of a worker that is gone change nothing")
    }

    @Test func knownNamesSurviveTheirWorkerAndAreNotReadyMeanwhile() {
        var directory = directory
        directory.use(socket: "/next", group: nil)
        #expect(states(directory) == [.loading, .absent])
        #expect(directory.embedder??.state == .loading)
        directory.use(socket: "/next", group: nil)
        directory.note(status([model("scatter"), model("clip", group: "large", .absent)]), group: nil)
        directory.use(socket: "/next", group: nil)
        #expect(states(directory) == [.ready, .absent], "to be told the same socket again changes nothing")
        directory.use(socket: nil, group: nil)
        #expect(states(directory) == [.loading, .absent])
        #expect(directory.socket(of: "scatter") == nil)
    }

    @Test func failuresAreRememberedAsFailures() {
        var directory = directory
        directory.note(status([model("scatter", .failed)]), group: nil)
        directory.use(socket: "/next", group: nil)
        #expect(states(directory) == [.failed])
    }
}
