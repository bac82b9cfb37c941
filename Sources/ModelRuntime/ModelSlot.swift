import HearthCore
import HearthInference
import HearthModelLibrary

/// One model of the library, as a ``ModelHost`` keeps it.
struct ModelSlot {
    let id: String
    let kind: ModelKind
    let licence: String?
    /// Nil when the folder cannot be used.
    let folder: ModelFolder?
    /// Wakes the model's own thread, and that of its second stream.
    let signal = ThreadSignal(capacity: 1)
    let secondSignal = ThreadSignal(capacity: 1)
    /// The worker process that it lives in; nil: the one that is always there.
    private(set) var group: String?
    private(set) var keepAlive: KeepAlive
    /// It serves anchors: it stays in memory, in the process that is always there.
    private(set) var isAnchor = false
    var lifecycle: ModelLifecycle
    var queue: InferenceQueue
    var streams = ModelStreams()
    /// Set once the weights are being loaded; texts cannot be prepared before.
    var tokenizer: Tokenizer?
    var identity: ModelIdentity?
    var signature: GraphSignature?
    var loadMilliseconds: Double?
    var loads = 0
    /// When its last pass ended, or when it was ready.
    var lastUsed: ContinuousClock.Instant?
    /// Its weights have not been read for long: a pass would keep them in memory.
    var wantsTouch = false
    /// When that was last asked for.
    var touched: ContinuousClock.Instant?
    /// The first thread's share of the second stream's graphs.
    var narrowGraphs: ModelGraphs?
    var inferences = 0
    var passes = 0

    /// Whether what its inputs are prepared with is there.
    var canPrepare: Bool { folder?.manifest.text == nil || tokenizer != nil }

    init(
        _ entry: ModelLibrary.Entry, rules: InferenceQueue.Rules, keepAlive: KeepAlive = .pinned,
        group: String? = nil
    ) {
        queue = InferenceQueue(rules: rules)
        self.keepAlive = keepAlive
        self.group = group
        switch entry {
        case .usable(let folder):
            id = folder.id
            kind = folder.manifest.kind
            licence = folder.manifest.licence
            self.folder = folder
            lifecycle = ModelLifecycle()
        case .refused(let refusal):
            id = refusal.id
            kind = refusal.kind
            licence = refusal.licence
            folder = nil
            lifecycle = ModelLifecycle(failed: refusal.reason)
        case .skipped(let refusal):
            id = refusal.id
            kind = refusal.kind
            licence = refusal.licence
            folder = nil
            lifecycle = ModelLifecycle(skipped: refusal.reason)
        }
    }

    /// Makes it the model that serves anchors.
    mutating func serveAnchors() {
        isAnchor = true
        keepAlive = .pinned
        group = nil
    }

    /// Changes how long it stays without a call; what serves anchors always stays.
    mutating func keep(_ wanted: KeepAlive) {
        if !isAnchor { keepAlive = wanted }
    }

    func status(freePrecision: String?, now: ContinuousClock.Instant) -> ModelStatus {
        var status = ModelStatus(id: id, kind: kind, state: lifecycle.state, reason: lifecycle.reason)
        if let folder {
            let manifest = folder.manifest
            status.aliases = manifest.aliases ?? []
            status.description = manifest.description
            status.digest = folder.digest
            status.dims = manifest.output?.dims
            status.matchThreshold = manifest.match?.threshold
            status.matchAnchors = manifest.match?.anchors
            status.matchPerHalving = manifest.match?.perHalving
            status.face = manifest.faceNote
            status.precision = identity?.precision ?? manifest.precision ?? freePrecision
            status.maximumTokens = manifest.text?.maximumTokens
            status.imageSize = manifest.image.map { [$0.width, $0.height] }
            status.weightBytes = folder.bytes
        }
        status.licence = licence
        status.group = group
        status.keepAlive = keepAlive
        status.signature = signature
        status.loadMilliseconds = loadMilliseconds
        status.loads = loads
        status.idleMilliseconds = lastUsed.map { used in
            queue.isEmpty && !streams.isBusy ? used.duration(to: now).fractionalMilliseconds : 0
        }
        status.inferences = inferences
        status.passes = passes
        status.waiting = queue.count
        return status
    }

    /// Whether it was not used for its keep-alive time.
    func isExpired(now: ContinuousClock.Instant) -> Bool {
        guard case .idle(let limit) = keepAlive, lifecycle.state == .ready, queue.isEmpty, !streams.isBusy,
            let lastUsed
        else { return false }
        return now - lastUsed >= limit
    }
}
