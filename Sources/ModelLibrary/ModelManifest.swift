package import HearthCore
package import HearthJSON

/// What a `model.json` (or a descriptor) says about a model: everything a task needs to know, so that none is code.
package struct ModelManifest: Sendable, Hashable, Codable {
    /// The output that is the embedding.
    package struct Output: Sendable, Hashable, Codable {
        /// Name or index in the graph; nil means the first one.
        package var name: String?
        /// Length of the vectors.
        package var dims: Int
        /// Whether the vectors still have to be brought to length 1.
        package var normalise: Bool

        package init(name: String?, dims: Int, normalise: Bool) {
            self.name = name
            self.dims = dims
            self.normalise = normalise
        }
    }

    /// How the outputs of a graph for pictures become an answer.
    package struct Postprocess: Sendable, Hashable, Codable {
        /// Which of the runtime's ways.
        package var name: String
        /// What that way wants to know; it checks them when the model is loaded.
        package var settings: JSONValue?

        package init(name: String, settings: JSONValue? = nil) {
            self.name = name
            self.settings = settings
        }

        package func hash(into hasher: inout Hasher) { hasher.combine(name) }
    }

    /// How the folder came to be: written by `hearth models add` and `pull`, read by people.
    package struct Installation: Sendable, Hashable, Codable {
        /// Address or path that the files came from.
        package var from: String
        /// When, as RFC 3339 in UTC.
        package var at: String
        /// The licence as it was shown before the files were taken.
        package var licence: String
        /// Files whose digest nobody knew before: what arrived the first time holds from then on.
        package var pinned: [String]?

        package init(from: String, at: String, licence: String, pinned: [String]?) {
            self.from = from
            self.at = at
            self.licence = licence
            self.pinned = pinned
        }
    }

    package var id: String
    package var kind: ModelKind
    package var description: String
    package var licence: String
    /// Whether the licence allows commercial use.
    package var commercial: Bool
    package var source: String
    /// Which version of the source; nil when it has none.
    package var revision: String?
    /// Other names that clients call it by.
    package var aliases: [String]?
    /// File name of the graph (`.xml`, `.onnx`, `.tflite`).
    package var weights: String
    /// SHA-256 in hex of every file that decides about the vectors, by file name.
    package var files: [String: String]
    /// How pictures are prepared; nil for models that take none.
    package var image: ImagePreprocessing?
    /// How texts are prepared; nil for models that take none.
    package var text: TextPreprocessing?
    /// The output that is the embedding; nil for models that give no vector.
    package var output: Output?
    /// How its outputs become an answer; nil: `output` is read as the vector, or nothing is read.
    package var postprocess: Postprocess?
    /// The only precision (`f32`) in which the vectors stay right; nil means that the settings and the machine decide.
    package var precision: String?
    /// Models that leave memory together share a group: the worker process that they live in when they are not pinned.
    package var group: String?
    /// File with golden vectors for `hearth models verify`, one a line.
    package var goldens: String?
    /// How the folder came to be; nil when a person made it.
    package var installed: Installation?

    package init(
        id: String, kind: ModelKind, description: String, licence: String, commercial: Bool, source: String,
        revision: String? = nil, weights: String, files: [String: String], image: ImagePreprocessing? = nil,
        text: TextPreprocessing? = nil, output: Output? = nil, precision: String? = nil
    ) {
        self.id = id
        self.kind = kind
        self.description = description
        self.licence = licence
        self.commercial = commercial
        self.source = source
        self.revision = revision
        self.weights = weights
        self.files = files
        self.image = image
        self.text = text
        self.output = output
        self.precision = precision
    }
}
