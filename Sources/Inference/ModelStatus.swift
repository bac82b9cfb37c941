package import HearthCore
package import HearthJSON

/// The life of a model in a worker process.
package enum ModelState: String, Sendable, Codable, CaseIterable {
    /// Known, not in memory. → loading
    case absent
    /// Weights are being read and compiled. → warming, failed
    case loading
    /// Compiled; the first passes run, so that no caller pays for them. → ready, failed
    case warming
    /// Answers calls. → draining
    case ready
    /// Takes no new call, finishes those it has. → absent
    case draining
    /// Could not be loaded; `reason` says why, the other models go on. → loading
    case failed
    /// Nothing that Hearth serves, `reason` says why: it is never loaded, and nothing is lost by that. Final.
    case skipped

    /// Whether it stays as it is until a call comes.
    package var isSettled: Bool {
        switch self {
        case .absent, .ready, .failed, .skipped: true
        case .loading, .warming, .draining: false
        }
    }
}

/// A model as health pages show it.
package struct ModelStatus: Sendable, Codable, SchemaDescribed {
    package var id: String
    package var kind: ModelKind
    /// Other names that clients call it by.
    package var aliases: [String] = []
    package var description: String?
    package var state: ModelState
    /// Why it failed or was skipped, safe to show.
    package var reason: String?
    package var licence: String?
    /// SHA-256 over weights and preprocessing, in hex.
    package var digest: String?
    /// Length of the vectors; nil for models that give none.
    package var dims: Int?
    /// Cosine from which two pictures count as the same character or product; nil when the model names none.
    package var matchThreshold: Double?
    /// How many anchors that is for, at least; for fewer it is lower by `matchPerHalving` for each halving.
    package var matchAnchors: Int?
    /// How much lower the threshold is each time that half as many anchors are compared.
    package var matchPerHalving: Double?
    /// What a model for faces says besides; nil for others.
    package var face: FaceModelNote?
    /// What it computes with; known before it is loaded.
    package var precision: String?
    /// Longest text, in tokens; nil for models that read none.
    package var maximumTokens: Int?
    /// Its own side of pictures, in pixels.
    package var imageSize: [Int]?
    /// Bytes of its weights on disk.
    package var weightBytes: Int = 0
    /// The model group whose worker runs it; nil: the permanent worker.
    package var group: String?
    package var keepAlive: KeepAlive = .pinned
    /// Inputs and outputs of its (first) graph; nil until it has been loaded once.
    package var signature: GraphSignature?
    /// Milliseconds from the start of loading to ready.
    package var loadMilliseconds: Double?
    /// Loads since the start of the process.
    package var loads: Int? = 0
    /// Milliseconds since its last call ended, or since it was ready; 0 while it has calls, nil while it is not in
    /// memory. Looking does not count.
    package var idleMilliseconds: Double?
    /// Completed inferences since the start of the process …
    package var inferences: Int? = 0
    /// … and the passes that they shared.
    package var passes: Int? = 0
    /// Calls that wait for a pass. Like loads, idle time, inferences and passes it tells of the work of all tenants,
    /// and is nil for callers that may not know that.
    package var waiting: Int? = 0

    package static let fields = [
        "aliases": FieldNote("Other names that clients call it by."),
        "state": FieldNote("Where it is on its way into memory and out of it."),
        "reason": FieldNote("Why it has failed or was skipped."),
        "digest": FieldNote("SHA-256 over weights and preprocessing, in hex."),
        "dims": FieldNote("Length of its vectors; absent for models that give none."),
        "match_threshold": FieldNote(
            "Cosine from which two pictures count as the same; absent when the model names none."),
        "match_anchors": FieldNote("From how many compared anchors on that holds; absent: for any number."),
        "match_per_halving": FieldNote("How much lower it is each time that half as many anchors are compared."),
        "face": FieldNote("What a model for faces says besides; absent for others."),
        "maximum_tokens": FieldNote("Longest text, in tokens; absent for models that read none."),
        "image_size": FieldNote("Width and height of the pictures that its graph takes, in pixels."),
        "weight_bytes": FieldNote("Bytes of its weights on disk."),
        "group": FieldNote("The model group whose worker runs it; absent: the permanent worker."),
        "keep_alive": FieldNote("How long it stays in memory without a call.", example: "300s"),
        "signature": FieldNote("Inputs and outputs of its first graph; absent until it was loaded once."),
        "load_milliseconds": FieldNote("From the start of loading to ready."),
        "loads": FieldNote("Loads since the start of the process; for operators."),
        "idle_milliseconds": FieldNote(
            "Since its last call; 0 while it has calls, absent while it is not in memory; for operators."),
        "inferences": FieldNote("Inputs that it has answered since the start of the process; for operators."),
        "passes": FieldNote("Passes that these inputs shared; for operators."),
        "waiting": FieldNote("Calls that wait for a pass; for operators."),
    ]

    package init(id: String, kind: ModelKind, state: ModelState, reason: String? = nil) {
        self.id = id
        self.kind = kind
        self.state = state
        self.reason = reason
    }

    /// From which score on two pictures count as the same; nil when the model does not say it.
    package var matchRule: MatchRule? {
        matchThreshold.map { MatchRule(threshold: $0, anchors: matchAnchors, perHalving: matchPerHalving) }
    }

    /// What its vectors can be compared by; nil for models that give none.
    package var identity: ModelIdentity? {
        guard let digest, let dims, let precision else { return nil }
        return ModelIdentity(id: id, digest: digest, dims: dims, precision: precision)
    }

    /// As a caller may see it: what all tenants do with it is for those who operate the server.
    package func shown(to principal: Principal) -> ModelStatus {
        guard principal.permission < .operate else { return self }
        var shown = self
        (shown.inferences, shown.passes, shown.waiting) = (nil, nil, nil)
        (shown.loads, shown.idleMilliseconds) = (nil, nil)
        return shown
    }

    /// Whether this model is meant by a name: its id, one of its aliases, or either with a publisher before it
    /// (`sentence-transformers/all-MiniLM-L6-v2`) or Ollama's `:latest` behind it. Case does not matter.
    package func isNamed(_ name: String) -> Bool {
        let wanted = Self.plain(name)
        return ([id] + aliases).contains { $0.lowercased() == name.lowercased() || Self.plain($0) == wanted }
    }

    /// Every name of these models by which clients may look for one in a list, with the model that it means: ids, and
    /// aliases as they are written. A name that two of them have means the first.
    package static func named(_ models: [ModelStatus]) -> [(name: String, model: ModelStatus)] {
        var seen: Set<String> = []
        return models.flatMap { model in ([model.id] + model.aliases).map { (name: $0, model: model) } }
            .filter { seen.insert($0.name.lowercased()).inserted }
    }

    private static func plain(_ name: String) -> String {
        let last = name.lowercased().split(separator: "/").last.map(String.init) ?? ""
        return last.hasSuffix(":latest") ? String(last.dropLast(7)) : last
    }
}
