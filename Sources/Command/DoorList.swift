import HearthAssembly
import HearthCore
import HearthDoors
import HearthInference
import HearthJobs
import HearthRemoteFetch

/// The doors of the front, over parts that are joined already.
struct DoorList {
    let settings: Settings
    let features: Features
    let registry: OperationRegistry
    let system: SystemOperations
    let store: any Store
    let blobs: any BlobStore
    /// Open files that are sealed.
    let seals: SealKeys
    let queue: JobQueue
    let hub: EventHub
    let embeddings: EmbeddingService
    let uploads: UploadTable
    let workers: Workers
    let metrics: MetricsRegistry
    /// Where reading of the user's own files blocks.
    let threads: BlockingThreads

    /// All of them, in any order: no two share a route.
    var all: [any Door] {
        let (workers, system) = (workers, system)
        let fetcher = settings.fetchesURLs ? RemotePictureFetcher() : nil
        let runner = EmbeddingRunner(service: embeddings, metrics: metrics, fetcher: fetcher)
        let files = StoredFiles(store: store, blobs: blobs, owners: features.fileOwners, keys: seals)
        var mcp = MCPServer.Parts(registry: registry, files: files, uploads: uploads, hub: hub, clock: queue.clock)
        mcp.local = settings.pictureFolders(threads)
        mcp.fetcher = fetcher
        let archives: [any Door] = features.archiveOwners.map { ArchiveDoor(owner: $0, blobs: blobs) }
        let images: [any Door] = [OpenAIDoor.Server.openAI, .openVINO].map { server in
            OpenAIImageDoor(
                registry: registry, queue: queue, hub: hub, files: files, as: server,
                isEncrypted: settings.isEncrypted)
        }
        return archives + images + [
            RESTDoor(registry: registry, metrics: metrics), JobDoor(queue: queue, hub: hub),
            CollectionDoor(collections: features.collections), CharacterFileDoor(studio: features.studio),
            FileDoor(store: store, blobs: blobs, owners: features.fileOwners, keys: seals), EmbeddingDoor(runner),
            OpenAIDoor(runner), OpenAIDoor(runner, as: .openVINO), TEIDoor(runner), RootDoor(),
            OllamaDoor(runner), OpenInferenceDoor(runner), ImmichDoor(runner, admitsAll: settings.admitsImmich),
            ChromaDoor(collections: features.collections),
            MCPDoor(MCPServer(mcp), isEncrypted: settings.isEncrypted), UploadDoor(uploads),
            MonitoringDoor(metrics: metrics, workers: { await workers.metrics() }, isReady: system.readiness),
        ]
    }
}
