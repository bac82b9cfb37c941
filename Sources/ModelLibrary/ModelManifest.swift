package import Crypto
package import Foundation
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

        /// An output of vectors of this length.
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

        /// One of the runtime's ways, with what it wants to know.
        package init(name: String, settings: JSONValue? = nil) {
            self.name = name
            self.settings = settings
        }

        /// Hashes the name alone: equal ones have equal names.
        package func hash(into hasher: inout Hasher) { hasher.combine(name) }
    }

    /// What a model for faces must say besides; docs/models/model-json.md explains each field.
    package struct Face: Sendable, Hashable, Codable {
        /// Of a detector: the score from which on a box counts as a face where a caller names none …
        package var score: Double?
        /// … and the one from which on it may be enrolled.
        package var enrolmentScore: Double?
        /// Of a detector: whether it gives the five landmarks itself.
        package var landmarks: Bool?
        /// Of a detector: its graph takes every width and height that is a multiple of this; nil: only its own.
        package var multiple: Int?
        /// Of an embedder: where the landmarks lie in its input, as parts of its width and height: eye, eye, tip of the
        /// nose, corner of the mouth, corner of the mouth, as people see them from left to right.
        package var template: [[Double]]?

        /// What is known; a detector has the first four, an embedder the last one.
        package init(
            score: Double? = nil, enrolmentScore: Double? = nil, landmarks: Bool? = nil, multiple: Int? = nil,
            template: [[Double]]? = nil
        ) {
            self.score = score
            self.enrolmentScore = enrolmentScore
            self.landmarks = landmarks
            self.multiple = multiple
            self.template = template
        }
    }

    /// From where on two pictures count as the same character or product.
    ///
    /// It says how to read vectors and changes none, so it is no part of the digest.
    package struct Match: Sendable, Hashable, Codable {
        /// Cosine, −1…1: a match with this score or a higher one counts as the same.
        package var threshold: Double
        /// From how many compared pictures on the threshold holds; nil: for any number. It comes with `perHalving`.
        package var anchors: Int?
        /// How much lower the threshold is each time that half as many pictures are compared.
        package var perHalving: Double?
        /// Of faces: rates of false matches that were measured.
        package var rates: [Rate]?
        /// On which pictures it was measured, and what came out, for people.
        package var measured: String

        /// How often two different people count as the same one from a cosine on.
        package struct Rate: Sendable, Hashable, Codable {
            /// Above 0 and up to 1.
            package var fmr: Double
            package var threshold: Double
            /// Pairs of different people that it was measured on.
            package var pairs: Int

            package init(fmr: Double, threshold: Double, pairs: Int) {
                self.fmr = fmr
                self.threshold = threshold
                self.pairs = pairs
            }

            /// Whether so many pairs can show such a rate: without an error among n pairs the true rate is below 3/n
            /// with a certainty of 95 % (the "rule of three").
            var isSupported: Bool { fmr * Double(pairs) >= 3 }
        }

        /// A threshold, and how it was found.
        package init(
            threshold: Double, anchors: Int? = nil, perHalving: Double? = nil, rates: [Rate]? = nil, measured: String
        ) {
            self.threshold = threshold
            self.anchors = anchors
            self.perHalving = perHalving
            self.rates = rates
            self.measured = measured
        }
    }

    /// How the folder came to be: written by `hearth models add` and `pull`, read by people.
    package struct Installation: Sendable, Hashable, Codable {
        /// Address or path that the files came from.
        package var from: String
        /// When, as RFC 3339 in UTC.
        package var at: String
        /// The licence as it was shown before the files were taken.
        package var licence: String
        /// Files whose digest was not known before: the digest of the first download is required from then on.
        package var pinned: [String]?

        /// What `hearth models` writes when it has put the folder in its place.
        package init(from: String, at: String, licence: String, pinned: [String]?) {
            self.from = from
            self.at = at
            self.licence = licence
            self.pinned = pinned
        }
    }

    /// The folder's name, by which clients call the model.
    package var id: String
    /// What it does.
    package var kind: ModelKind
    /// One line for people.
    package var description: String
    /// Name of the licence of its weights, as SPDX spells it where it does.
    package var licence: String
    /// Whether the licence allows commercial use.
    package var commercial: Bool
    /// Where its files come from: an address for people.
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
    /// What a model for faces says besides; nil for others.
    package var face: Face?
    /// From where on two pictures count as the same; nil: recall gives no verdict.
    package var match: Match?
    /// The only precision (`f32`) in which the vectors stay right; nil means that the settings and the machine decide.
    package var precision: String?
    /// The model group: models that are loaded and unloaded together, in one worker process, when they are not pinned.
    package var group: String?
    /// File with golden vectors for `hearth models verify`, one a line.
    package var goldens: String?
    /// How the folder came to be; nil when a person made it.
    package var installed: Installation?

    /// A manifest without aliases, group, goldens and the threshold; they are set afterwards.
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

extension ModelManifest {
    /// SHA-256 in hex over all that decides about the vectors: weights, preprocessing and output.
    ///
    /// Names, licences and descriptions do not count: two folders with equal digests give equal vectors.
    var digest: String {
        var lines = ["hearth-model-1", kind.rawValue, weights]
        lines += files.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        if let image {
            let numbers = ([image.scale] + image.mean + image.std + image.background)
                .map { String($0.bitPattern, radix: 16) }
            lines += [
                "\(image.width)x\(image.height)", image.resize.rawValue, image.interpolation.rawValue,
                image.channels.rawValue, image.layout.rawValue, numbers.joined(separator: ","),
            ]
            // What Hearth itself does with pixels: since 2, small pictures are enlarged as references do it.
            lines.append("pixels=2")
        }
        if let output { lines += Self.lines(of: output) }
        if let postprocess {
            lines += ["postprocess=\(postprocess.name)", Self.canonical(postprocess.settings ?? .null)]
        }
        // Where faces are cut out decides about their vectors; scores and thresholds do not.
        if let template = face?.template {
            lines.append(
                "template=" + template.joined().map { String($0.bitPattern, radix: 16) }.joined(separator: ","))
        }
        if let text {
            // Lengths keep a line break in one prefix from being taken for the next line.
            let prefixes = [text.queryPrefix, text.documentPrefix].map { "\($0.utf8.count):\($0)" }
            lines += [
                "tokenizer=\(text.tokenizer)", "tokens=\(text.maximumTokens)", text.padding.rawValue,
                text.pooling.rawValue, text.weights ?? "",
            ]
            lines += prefixes + (text.output.map(Self.lines) ?? [])
        }
        return SHA256.hash(data: Array(lines.joined(separator: "\n").utf8)).hexadecimal
    }

    /// Text that depends on what a value says and not on the order of its keys.
    private static func canonical(_ value: JSONValue) -> String {
        switch value {
        case .array(let values): return "[\(values.map(canonical).joined(separator: ","))]"
        case .object(let object):
            let members = object.sortedByKey().members.map { member in
                "\(JSONValue.string(member.key).encodedText()):\(canonical(member.value))"
            }
            return "{\(members.joined(separator: ","))}"
        default: return value.encodedText()
        }
    }

    private static func lines(of output: Output) -> [String] {
        ["output=\(output.name ?? "")", "dims=\(output.dims)", "normalise=\(output.normalise)"]
    }
}

extension Digest {
    /// The digest in lower-case hex.
    package var hexadecimal: String {
        reduce(into: "") { text, byte in
            text += byte < 16 ? "0" : ""
            text += String(byte, radix: 16)
        }
    }
}

extension ModelManifest {
    /// Why a manifest cannot be used, in one sentence that is safe to show.
    package struct Defect: Error, Sendable, Equatable {
        /// What is wrong, as a sentence that is safe to show.
        package let text: String

        /// A sentence that is safe to show.
        package init(text: String) { self.text = text }
    }

    /// Reads a `model.json` strictly: a key that is not known is an error, because it was meant to do something.
    ///
    /// Says nothing about the values; `defect` does.
    package static func read(_ data: Data) -> Result<ModelManifest, Defect> {
        guard data.count <= Limits.manifestBytes else {
            return .failure(Defect(text: "model.json has more than \(Limits.manifestBytes >> 20) MB."))
        }
        let value: JSONValue
        do {
            value = try JSONParser.read(data)
        } catch {
            return .failure(Defect(text: "model.json is not JSON: \(error.message)"))
        }
        return read(value)
    }

    /// The same from JSON that has been parsed already.
    package static func read(_ value: JSONValue) -> Result<ModelManifest, Defect> {
        if let defect = unknownKey(in: value) { return .failure(defect) }
        if let defect = unknownWord(in: value) ?? unfitNumber(in: value) { return .failure(defect) }
        do {
            return .success(try JSONDecoder().decode(ModelManifest.self, from: value.encoded()))
        } catch DecodingError.keyNotFound(let key, let context) {
            return .failure(Defect(text: "model.json lacks \"\(place(context.codingPath + [key]))\"."))
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
            return .failure(
                Defect(text: "model.json has a value of the wrong type at \"\(place(context.codingPath))\"."))
        } catch DecodingError.dataCorrupted(let context) {
            return .failure(
                Defect(text: "model.json has a value that is not allowed at \"\(place(context.codingPath))\"."))
        } catch {
            return .failure(Defect(text: "model.json cannot be read."))
        }
    }

    private static func place(_ path: [any CodingKey]) -> String {
        String(path.map(\.stringValue).joined(separator: ".").prefix(80))
    }
}

extension ModelManifest {
    /// Keys of each object of a manifest, by its place; docs/models/model.schema.json has the same.
    private static let keys: [String: Set<String>] = [
        "": [
            "id", "kind", "description", "licence", "commercial", "source", "revision", "aliases", "weights", "files",
            "image", "text", "output", "match", "face", "postprocess", "precision", "group", "goldens", "installed",
        ],
        "image": [
            "width", "height", "resize", "interpolation", "channels", "layout", "scale", "mean", "std", "background",
        ],
        "text": [
            "tokenizer", "maximumTokens", "padding", "pooling", "queryPrefix", "documentPrefix", "weights", "output",
        ],
        "output": outputKeys, "text.output": outputKeys,
        "match": ["threshold", "anchors", "perHalving", "rates", "measured"],
        "face": ["score", "enrolmentScore", "landmarks", "multiple", "template"],
        "postprocess": ["name", "settings"],
        "installed": ["from", "at", "licence", "pinned"],
    ]
    private static let outputKeys: Set<String> = ["name", "dims", "normalise"]

    /// Places whose value is one of a few words.
    private static let words: [(place: [String], allowed: [String])] = [
        (["kind"], ModelKind.allCases.filter { $0 != .unknown }.map(\.rawValue)),
        (["image", "resize"], ImagePreprocessing.Resize.allCases.map(\.rawValue)),
        (["image", "interpolation"], ImagePreprocessing.Interpolation.allCases.map(\.rawValue)),
        (["image", "channels"], ImagePreprocessing.ChannelOrder.allCases.map(\.rawValue)),
        (["image", "layout"], ImagePreprocessing.Layout.allCases.map(\.rawValue)),
        (["text", "padding"], TextPreprocessing.Padding.allCases.map(\.rawValue)),
        (["text", "pooling"], TextPreprocessing.Pooling.allCases.map(\.rawValue)),
        (["precision"], ModelManifest.precisions),
    ]

    /// Places of whole numbers, and of numbers that must fit 32 bits; their ranges are the validation's matter.
    private static let wholeNumbers = [
        ["image", "width"], ["image", "height"], ["text", "maximumTokens"], ["output", "dims"],
        ["text", "output", "dims"],
    ]
    private static let numbers = [["image", "scale"], ["image", "mean"], ["image", "std"], ["image", "background"]]

    /// Decoders refuse these too, but cannot say where they are.
    private static func unfitNumber(in value: JSONValue) -> Defect? {
        for path in wholeNumbers {
            guard let number = path.reduce(value, { $0?[$1] }), number.doubleValue != nil,
                number.integerValue == nil
            else { continue }
            return Defect(text: "model.json gives no whole number as \(path.joined(separator: ".")).")
        }
        for path in numbers {
            let found = path.reduce(value, { $0?[$1] })
            let all = found?.arrayValue ?? [found].compactMap { $0 }
            guard all.contains(where: { ($0.doubleValue?.magnitude ?? 0) > Double(Float.greatestFiniteMagnitude) })
            else { continue }
            return Defect(text: "model.json has a number at \(path.joined(separator: ".")) that does not fit 32 bits.")
        }
        return nil
    }

    private static func unknownKey(in value: JSONValue) -> Defect? {
        for (place, known) in keys.sorted(by: { $0.key < $1.key }) {
            let path = place.split(separator: ".").map(String.init)
            guard let object = path.reduce(value, { $0?[$1] })?.objectValue else { continue }
            guard let stray = object.keys.first(where: { !known.contains($0) }) else { continue }
            let name = (path + [stray]).joined(separator: ".").prefix(80)
            return Defect(
                text: "model.json has \"\(name)\", which is not known."
                    + " Known are: \(known.sorted().joined(separator: ", ")).")
        }
        return nil
    }

    private static func unknownWord(in value: JSONValue) -> Defect? {
        for (path, allowed) in words {
            guard let word = path.reduce(value, { $0?[$1] })?.stringValue, !allowed.contains(word) else { continue }
            let list = allowed.joined(separator: ", ")
            return Defect(
                text: "model.json gives \"\(word.prefix(40))\" as \(path.joined(separator: ".")); \(list) are allowed.")
        }
        return nil
    }
}
