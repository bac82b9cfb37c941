import HearthCore
import HearthJSON
import NIOCore

/// A request of `POST /v1/images/generations` or `/v1/images/edits`, as an input of `studio.outputs.generate`.
///
/// Beside OpenAI's fields it takes Hearth's (`character`, `project`, `reference_weight`, …), which OpenAI's clients
/// send by `extra_body`, and the names that other servers have for seed, steps and guidance. What has no meaning here
/// (`quality`, `background`, `user`) is ignored: clients send it without being asked.
struct OpenAIImageRequest: Sendable {
    /// How pictures come back.
    enum Format: String, Sendable, CaseIterable {
        case base64 = "b64_json"
        case url
    }

    /// Without pictures that it starts from; those are added when they are stored.
    private(set) var input: JSONObject
    private(set) var format: Format
    /// Answer by events.
    private(set) var streams: Bool
    /// Pictures of unfinished work that the client wants; only of a stream.
    private(set) var partialImages: Int
    /// As the answer says it; `1024x1024` unless the request says otherwise.
    private(set) var size: String

    /// Names of OpenAI's own models, which clients have built in: each means the generator of the settings.
    static let aliases: Set<String> = [
        "dall-e-2", "dall-e-3", "gpt-image-1", "gpt-image-1-mini", "gpt-image-1.5", "chatgpt-image-latest",
    ]

    /// - Parameter key: the field `Idempotency-Key` of the request.
    /// - Throws: ``HearthError`` `invalid_request`; its message begins with the field's name in backticks.
    init(_ fields: RequestFields, key: String?) throws(HearthError) {
        guard let prompt = try fields.string("prompt"), !prompt.isEmpty else {
            throw HearthError(.invalidRequest, "`prompt` is missing.", hint: "Say what is to be seen.")
        }
        input = ["prompt": .string(prompt), "kind": "image"]
        let model = try fields.string("model") ?? ""
        streams = try fields.bool("stream") ?? false
        // The older of OpenAI's models answer by address unless they are asked otherwise; those that stream do not.
        let usual: Format = model.hasPrefix("dall-e") && !streams ? .url : .base64
        format = try fields.word("response_format", Format.self) ?? usual
        partialImages = try fields.count("partial_images", from: 0) ?? 0
        guard partialImages <= Limits.partialImages else {
            throw HearthError(
                .invalidRequest, "`partial_images` is \(partialImages).", hint: "0 to \(Limits.partialImages).")
        }
        size = "1024x1024"
        if let count = try fields.count("n") { input["n"] = .int(Int64(count)) }
        if streams, partialImages > 0 { input["preview"] = true }
        if let key, !key.isEmpty { input["idempotency_key"] = .string(key) }
        try readSize(fields)
        Self.readModel(model, into: &input)
        try readOwn(fields)
    }

    /// `1024x1536`, `auto`, or `width` and `height`, as OpenVINO Model Server takes them.
    private mutating func readSize(_ fields: RequestFields) throws(HearthError) {
        var (width, height) = (try fields.count("width"), try fields.count("height"))
        if let text = try fields.string("size"), text != "auto" {
            let parts = text.split(separator: "x", omittingEmptySubsequences: false)
            guard parts.count == 2, let first = Int(parts[0]), let second = Int(parts[1]), first > 0, second > 0 else {
                throw HearthError(
                    .invalidRequest, "`size` is no size: \"\(text.prefix(40))\".",
                    hint: "Such as 1024x1024, or auto.")
            }
            (width, height) = (first, second)
        }
        guard let width, let height else {
            guard width == nil, height == nil else {
                throw HearthError(.invalidRequest, "`width` and `height` go together.", hint: "Or send `size`.")
            }
            input["aspect"] = "1:1"
            return
        }
        size = "\(width)x\(height)"
        input["width"] = .int(Int64(width))
        input["height"] = .int(Int64(height))
    }

    /// A model is a generator, with a workflow behind a slash: `comfyui/portrait`.
    private static func readModel(_ model: String, into input: inout JSONObject) {
        guard !model.isEmpty, !aliases.contains(model) else { return }
        let parts = model.split(separator: "/", maxSplits: 1).map(String.init)
        input["generator"] = .string(parts.first ?? model)
        if parts.count > 1 { input["workflow"] = .string(parts[1]) }
    }

    private mutating func readOwn(_ fields: RequestFields) throws(HearthError) {
        let texts = [
            "negative_prompt", "character", "character_id", "project", "project_id", "style_preset", "generator",
            "workflow", "sampler", "scheduler",
        ]
        for name in texts {
            if let text = try fields.string(name) { input[name] = .string(text) }
        }
        for (name, names) in [
            ("seed", ["seed", "rng_seed"]), ("steps", ["steps", "step", "num_inference_steps"]),
            ("maximum_tries", ["maximum_tries"]),
        ] {
            for other in names {
                if let number = try fields.integer(other) { input[name] = .int(Int64(number)) }
            }
        }
        for (name, names) in [
            ("cfg", ["cfg", "cfg_scale", "guidance_scale"]), ("reference_weight", ["reference_weight"]),
            ("minimum_similarity", ["minimum_similarity"]),
        ] {
            for other in names {
                if let number = try Self.number(fields, other) { input[name] = .double(number) }
            }
        }
    }

    private static func number(_ fields: RequestFields, _ name: String) throws(HearthError) -> Double? {
        guard let value = fields[name] else { return nil }
        guard let number = value.doubleValue ?? value.stringValue.flatMap({ Double($0) }), number.isFinite else {
            throw HearthError(.invalidRequest, "`\(name)` must be a number.")
        }
        return number
    }

    /// Adds a picture that was stored, by its identifier.
    mutating func add(picture id: String, purpose: RecipeReference.Purpose) {
        let picture: JSONValue = ["picture_id": .string(id), "purpose": .string(purpose.rawValue)]
        input["pictures"] = .array((input["pictures"]?.arrayValue ?? []) + [picture])
    }
}
