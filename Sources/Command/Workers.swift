import Foundation
import HearthCore
import HearthInference
import HearthJobs
import HearthLocalFiles
import HearthSupervisor
import HearthWorkerLink
import Logging
import ServiceLifecycle

/// The worker processes of a front, and what they need of it.
struct Workers {
    /// One for each role that runs a lane; none when this server runs no worker of its own.
    let supervisors: [WorkerSupervisor]
    /// One for each role: it runs jobs alone that were there when a worker crashed.
    let suspects: [SuspectSupervisor]
    /// Starts the workers of model groups; nil when this server runs no worker of its own.
    let groups: GroupSupervisor?
    private let door: WorkerServer
    private let client: WorkerClient
    private let folder: DataFolder

    /// - Parameters:
    ///   - server: Identifies this start of the server.
    ///   - lanes: Those of all operations that run as jobs.
    init(
        _ settings: Settings, server: String, lanes: [Lane], client: WorkerClient, queue: JobQueue, logger: Logger
    ) throws {
        self.client = client
        let folder = settings.folder
        self.folder = folder
        door = WorkerServer(engine: client) {
            EngineStatus(
                worker: DataFolder.frontName, pid: Int(getpid()), models: (try? await client.models()) ?? [],
                defaultEmbedder: (try? await client.defaultEmbedder())?.id,
                productEmbedder: (try? await client.productEmbedder())?.id,
                memoryBytes: ProcessMemory.residentBytes, endedJobs: 0)
        }
        guard settings.runsWorker else {
            (supervisors, suspects, groups) = ([], [], nil)
            return
        }
        let executable = try ProgramFiles.worker()
        let roles = Set(lanes.map(\.role)).union([.inference]).sorted { $0.rawValue < $1.rawValue }
        supervisors = roles.map { role in
            WorkerSupervisor(
                role: role, folder: folder, executable: executable,
                settings: { settings.worker($0, of: server, role: role) },
                limits: .init(jobs: settings.recycleJobs, memoryBytes: settings.workerMemoryBytes), client: client,
                queue: queue, logger: logger)
        }
        suspects = roles.map { role in
            SuspectSupervisor(
                role: role, lanes: lanes.filter { $0.role == role }, folder: folder, executable: executable,
                settings: { settings.worker($0, of: server, role: role) }, client: client, queue: queue, logger: logger)
        }
        groups = GroupSupervisor(
            folder: folder, executable: executable, memoryBytes: settings.modelMemoryBytes,
            settings: { settings.worker($0, of: server, group: $1) }, client: client, logger: logger)
    }

    /// In the order of their start: the door is there for the workers to their end.
    func services(logger: Logger) -> [any Service] {
        let socket = folder.socket(of: DataFolder.frontName)
        var services: [any Service] = [door.service(socket: socket, logger: logger)]
        services += supervisors as [any Service]
        services += suspects as [any Service]
        if let groups { services.append(groups) }
        return services
    }

    /// Names of the processes that run jobs now.
    func jobWorkers() async -> Set<String> {
        var names: Set<String> = []
        for supervisor in supervisors { names.formUnion(await supervisor.liveWorkers) }
        return suspects.reduce(into: names) { $0.formUnion($1.liveWorkers) }
    }

    /// The metrics pages of all processes, by name.
    func metrics() async -> [(process: String, text: String)] {
        let names = await jobWorkers().union(await groups?.liveWorkers ?? [])
        return await client.metrics(of: names.sorted(), in: folder)
    }
}
