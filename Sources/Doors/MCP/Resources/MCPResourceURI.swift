import HearthCore

/// What a resource's address names. Each is under an identifier, so that it stays the same when a name changes.
package enum MCPResourceURI: Sendable, Hashable {
    case job(String)
    case character(String)
    /// The main picture of a character.
    case anchor(character: String)
    case project(String)
    case output(String)
    /// The files that wait in the inbox folder.
    case inbox

    private static let scheme = "hearth://"

    /// - Returns: nil for an address that names nothing of Hearth's.
    package init?(_ text: String) {
        guard text.hasPrefix(Self.scheme) else { return nil }
        let parts = text.dropFirst(Self.scheme.count).split(separator: "/", omittingEmptySubsequences: false)
        if parts == ["inbox"] {
            self = .inbox
            return
        }
        guard parts.count >= 2, Identifier.isValid(parts[1]) else { return nil }
        let id = String(parts[1])
        switch (parts[0], parts.count) {
        case ("jobs", 2): self = .job(id)
        case ("characters", 2): self = .character(id)
        case ("characters", 3) where parts[2] == "anchor": self = .anchor(character: id)
        case ("projects", 2): self = .project(id)
        case ("outputs", 2): self = .output(id)
        default: return nil
        }
    }

    package var text: String {
        switch self {
        case .job(let id): "\(Self.scheme)jobs/\(id)"
        case .character(let id): "\(Self.scheme)characters/\(id)"
        case .anchor(let id): "\(Self.scheme)characters/\(id)/anchor"
        case .project(let id): "\(Self.scheme)projects/\(id)"
        case .output(let id): "\(Self.scheme)outputs/\(id)"
        case .inbox: "\(Self.scheme)inbox"
        }
    }

    /// A kind of address, as RFC 6570 writes it.
    struct Template: Sendable {
        let text: String
        let name: String
        let title: String
        let description: String
        var mediaType: String? = "application/json"
    }

    static let templates = [
        Template(
            text: "\(scheme)jobs/{job_id}", name: "job", title: "A job",
            description: "State, progress and result of a job; it can be subscribed to."),
        Template(
            text: "\(scheme)characters/{character_id}", name: "character", title: "A character",
            description: "A character with its description and its bible."),
        Template(
            text: "\(scheme)characters/{character_id}/anchor", name: "anchor", title: "A character's picture",
            description: "The main reference picture of a character.", mediaType: nil),
        Template(
            text: "\(scheme)projects/{project_id}", name: "project", title: "A project", description: "A project."),
        Template(
            text: "\(scheme)outputs/{output_id}", name: "output", title: "A picture or video that was made",
            description: "What was made and from which recipe, and the picture itself when it is not too large."),
    ]
}
