import HearthCore
import HearthJSON
import HearthJobs

/// A picture or a video that was made, or is being made, from a recipe.
struct Output: Sendable, Codable, SchemaDescribed {
    var outputID: String
    var projectID: String
    var characterID: String?
    var kind: OutputKind
    var generator: String
    var stylePreset: String
    /// The character that was made of this output, or whom it was merged into; nil: there is none.
    var madeCharacterID: String?
    /// Counts the outputs of a project from 1.
    var number: Int
    var status: JobState
    var jobID: String
    var recipe: Recipe
    /// What was made of the wish to be like the references; nil until it is there.
    var reference: AppliedReference?
    /// What the generator has said beside.
    var details: JSONValue?
    /// Why its job failed; nil otherwise.
    var failure: String?
    /// The best try; nil until it is there.
    var file: OutputFile?
    /// All tries, in their order.
    var tries: [OutputFile]
    /// What the caller wanted similarity to reach.
    var minimumSimilarity: Double?
    var maximumTries: Int
    var createdAt: Int64
    var finishedAt: Int64?

    static let fields: [String: FieldNote] = [
        "output_id": FieldNote("Identifier, UUIDv7."),
        "character_id": FieldNote("The main character; absent when there is none."),
        "made_character_id": FieldNote(
            "The character that was made of a video without one: provisional until it is confirmed, merged or "
                + "dropped. It comes a little later than the file."),
        "number": FieldNote("Counts the outputs of a project from 1."),
        "status": FieldNote("State of the job that makes it."),
        "reference": FieldNote("How the pictures of the characters were used."),
        "details": FieldNote("What the generator says of the output beside: beats of a video, for example."),
        "failure": FieldNote("Why its job has failed, when it has."),
        "file": FieldNote("The output itself: the try that is most similar to the character."),
        "tries": FieldNote("All tries; one, unless a smallest similarity was asked for."),
        "minimum_similarity": FieldNote("What the caller wanted similarity to reach."),
        "created_at": FieldNote("Milliseconds since 1970."),
        "finished_at": FieldNote("Milliseconds since 1970."),
    ]
}

/// A file that a generator has made.
struct OutputFile: Sendable, Codable, SchemaDescribed {
    var fileID: String
    /// The number of the try, from 1.
    var number: Int
    /// Relative to the data folder.
    var path: String
    /// Relative to the server.
    var url: String
    var thumbnailURL: String?
    var mediaType: String
    var sha256: String
    var bytes: Int
    var width: Int
    var height: Int
    var seconds: Double?
    var seed: Int64
    var similarity: MeasuredSimilarity?

    static let fields: [String: FieldNote] = [
        "number": FieldNote("The number of the try, from 1."),
        "path": FieldNote("File below the data folder; the recipe lies beside it as `….json`."),
        "url": FieldNote("Where the file is read, relative to the server."),
        "thumbnail_url": FieldNote("A small JPEG of it, or of a frame of it; absent when there is none."),
        "media_type": FieldNote("`image/png`, `video/mp4`."),
        "seconds": FieldNote("Length of a video."),
        "seed": FieldNote("The seed of this try."),
        "similarity": FieldNote("How similar it is to the character's picture; absent until it was measured."),
    ]

    /// Ends the name of the recipe that lies beside a file.
    static let recipeSuffix = ".json"
    /// Ends the name of the small picture that lies beside a file.
    static let thumbnailSuffix = ".thumbnail.jpg"

    /// The file, and those that lie beside it; some may not exist.
    var files: [String] { [path, path + Self.recipeSuffix, path + Self.thumbnailSuffix] }

    /// Where the small picture of an output is read, relative to the server.
    static func thumbnailURL(of id: String) -> String { "\(StoredFile.url(of: id))/thumbnail" }

    /// `image/png` of `png`.
    static func mediaType(of format: String) -> String {
        switch format {
        case "mp4": "video/mp4"
        case "webm": "video/webm"
        case "gif": "image/gif"
        default: ImageFormat(rawValue: format == "jpg" ? "jpeg" : format)?.mediaType ?? "application/octet-stream"
        }
    }
}

/// How similar an output is to a character, by a model. Measured, not promised.
struct MeasuredSimilarity: Sendable, Codable, Equatable, SchemaDescribed {
    /// Cosine of the two vectors, −1…1.
    var score: Double
    /// Identifier of the model …
    var model: String
    /// … and of its weights and preprocessing.
    var digest: String
    /// The picture that it was compared with.
    var anchorID: String?

    static let fields: [String: FieldNote] = [
        "score": FieldNote("Cosine of the vectors of the output and of the character's picture, -1 to 1."),
        "model": FieldNote("The model that has compared them; scores of two models are not comparable."),
        "digest": FieldNote("Of the model's weights and preprocessing."),
        "anchor_id": FieldNote("The picture that it was compared with."),
    ]
}
