package import HearthCore

/// Which models are pinned in memory, and which run in a separate process that ends when they are not used.
package struct ResidencyPolicy: Sendable, Equatable {
    /// What the operator says, by model id.
    package var keepAlive: [String: KeepAlive]

    package init(keepAlive: [String: KeepAlive] = [:]) { self.keepAlive = keepAlive }

    /// Reads `clip=5m,qwen3-embedding-0.6b=pinned`.
    /// - Throws: ``HearthError`` `invalid_configuration` that shows the part that cannot be read.
    package init(text: String) throws(HearthError) {
        keepAlive = [:]
        for part in text.split(separator: ",") {
            let pair = part.split(separator: "=", maxSplits: 1).map { $0.trimmingPrefix { $0 == " " } }
            guard pair.count == 2, !pair[0].isEmpty, let value = KeepAlive(String(pair[1])) else {
                throw HearthError(
                    .invalidConfiguration, "`\(part.prefix(80))` does not say how long a model stays in memory.",
                    hint: "`clip=5m,other=pinned`: a model's id and a duration (90s, 5m, 24h) or pinned.")
            }
            keepAlive[String(pair[0])] = value
        }
    }

    /// As `init(text:)` reads it.
    package var text: String {
        keepAlive.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.text)" }.joined(separator: ",")
    }

    /// How long a model stays without a call: as the operator says, else pinned unless it is large.
    package func keepAlive(_ folder: ModelFolder) -> KeepAlive {
        if let told = keepAlive[folder.id] { return told }
        return folder.bytes >= Limits.pinnedModelBytes ? .idle(Limits.largeModelKeepAlive) : .pinned
    }

    /// The worker process of a model; nil: the one that is always there.
    ///
    /// No inference library gives its memory back reliably, so a model that is to leave memory runs in a process that
    /// ends.
    package func group(_ folder: ModelFolder) -> String? {
        keepAlive(folder) == .pinned ? nil : folder.manifest.group ?? folder.id
    }
}
