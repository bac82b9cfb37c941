/// A revision of the Model Context Protocol.
///
/// There are two eras. In the first one a client begins with `initialize`, and both sides remember what was agreed on.
/// From 2026-07-28 on each request says itself by which revision it is to be read, and nothing is remembered.
package enum MCPVersion: String, Sendable, CaseIterable {
    case july2026 = "2026-07-28"
    case november2025 = "2025-11-25"
    case june2025 = "2025-06-18"
    case march2025 = "2025-03-26"
    case november2024 = "2024-11-05"

    /// All of them, newest first, as `server/discover` lists them.
    package static let names = allCases.map(\.rawValue)
    /// The newest one that begins with `initialize`.
    package static let newestWithHandshake = november2025
    /// What a request over HTTP means that names none (specification of 2025-11-25, transports).
    package static let unnamed = march2025

    /// The revision that is agreed on by `initialize`: the one that the client asks for, or our newest of that era.
    package static func agreed(asked: String) -> MCPVersion {
        guard let version = MCPVersion(rawValue: asked), version.hasHandshake else { return newestWithHandshake }
        return version
    }

    /// Whether it belongs to the first era.
    package var hasHandshake: Bool { self != .july2026 }
    /// Whether results of tools have a structured part, tools say its schema, and things have titles beside names.
    var hasStructuredContent: Bool { isAtLeast(.june2025) }
    /// Whether results of tools may refer to resources.
    var hasResourceLinks: Bool { isAtLeast(.june2025) }
    /// Whether tools say what they do to what is stored, progress has messages, and completion is a capability.
    var hasAnnotations: Bool { isAtLeast(.march2025) }
    /// Whether several messages may come as one array.
    package var hasBatches: Bool { self == .march2025 }

    /// Dates of this form are ordered as their texts.
    private func isAtLeast(_ other: MCPVersion) -> Bool { rawValue >= other.rawValue }
}
