import Foundation
import HearthCore
import HearthInference
import HearthJSON

/// A model in the words of Ollama's API. What Hearth does not know, such as the number of parameters, is left out.
struct OllamaModel {
    private let status: ModelStatus
    /// What a client calls it: its id, or one of its aliases.
    private let name: String

    init(_ status: ModelStatus, name: String? = nil) {
        self.status = status
        self.name = name ?? status.id
    }

    /// Models by all of their names. One that has an alias with the tag and without is listed by it once.
    static func all(_ models: [ModelStatus]) -> [OllamaModel] {
        var seen: Set<String> = []
        return ModelStatus.named(models).map { OllamaModel($0.model, name: $0.name) }
            .filter { seen.insert($0.tagged.lowercased()).inserted }
    }

    /// How long Ollama keeps a model that never leaves: the longest duration that Go has, 292 years.
    private static let forEver: Duration = .nanoseconds(Int64.max)

    /// An entry of `GET /api/tags`.
    var listed: JSONValue {
        [
            "name": .string(tagged), "model": .string(tagged),
            "size": .int(Int64(status.weightBytes)), "digest": .string(status.digest ?? ""), "details": summary,
        ]
    }

    /// An entry of `GET /api/ps`.
    /// - Parameter now: milliseconds since 1970.
    func resident(now: Int64) -> JSONValue {
        var entry = listed
        entry["expires_at"] = .string(Self.text(expiry(now: now)))
        // Nothing is in the memory of a graphics card.
        entry["size_vram"] = 0
        if let tokens = status.maximumTokens { entry["context_length"] = .int(Int64(tokens)) }
        return entry
    }

    /// The answer of `POST /api/show`.
    var details: JSONValue {
        let family = status.kind.rawValue
        var info: JSONValue = ["general.architecture": .string(family), "general.basename": .string(status.id)]
        if let dims = status.dims { info["\(family).embedding_length"] = .int(Int64(dims)) }
        if let tokens = status.maximumTokens { info["\(family).context_length"] = .int(Int64(tokens)) }
        var details: JSONValue = [
            "details": summary, "model_info": info,
            // Vectors of texts are all that a client of this API can ask for.
            "capabilities": status.kind.modalities.contains(.text) ? ["embedding"] : [],
        ]
        if let licence = status.licence { details["license"] = .string(licence) }
        return details
    }

    /// The name with a tag, which all names in Ollama's lists have.
    private var tagged: String {
        name.split(separator: "/").last?.contains(":") == true ? name : "\(name):latest"
    }

    private var summary: JSONValue {
        [
            "parent_model": "", "format": "openvino", "family": .string(status.kind.rawValue),
            "families": [.string(status.kind.rawValue)], "parameter_size": "",
            "quantization_level": .string(status.precision?.uppercased() ?? ""),
        ]
    }

    /// Milliseconds since 1970 at which it leaves memory, unless it is called before.
    private func expiry(now: Int64) -> Int64 {
        switch status.keepAlive {
        case .pinned: now + Self.forEver.milliseconds
        case .idle(let duration): now + duration.milliseconds - Int64(status.idleMilliseconds ?? 0)
        }
    }

    /// RFC 3339, in UTC.
    private static func text(_ milliseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1_000).formatted(
            Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
