package import HearthCore
import HearthGenerators

/// What makes pictures and videos, as far as every process knows it.
package enum BuiltInGenerators {
    /// Those that are always there.
    package static let descriptions = [StoryboardGenerator.description, AnimaticGenerator.description]

    /// Which of them makes what, when neither a call nor a setting says.
    package static let defaults: [OutputKind: String] = [
        .image: StoryboardGenerator.description.id, .video: AnimaticGenerator.description.id,
    ]

    /// Identifiers of all generators that a server can have, those included that need settings: jobs of one that is no
    /// longer set up still end their outputs.
    package static let ids = descriptions.map(\.id) + remote

    /// Those of them that let another server work: it goes on when an attempt has gone.
    package static let remote = ["comfyui"]
}
