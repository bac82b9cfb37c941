import HearthCore
import HearthJSON

/// A recipe as other programs look for it inside pictures.
///
/// Dropped on ComfyUI, a board opens as a graph that would render its shot: the prompts, sampler, seed and size of the
/// recipe. Its checkpoint is the user's to choose. A1111's tab "PNG Info" reads the same as text. What has really made
/// the picture is in `Software` and `hearth`.
struct RecipeText {
    let recipe: Recipe

    init(_ recipe: Recipe) { self.recipe = recipe }

    /// All texts of a file.
    var chunks: [PNGText.Chunk] {
        [
            PNGText.Chunk(keyword: "Software", text: "Hearth \(recipe.generator): composed, not rendered by a model"),
            PNGText.Chunk(keyword: "parameters", text: parameters),
            PNGText.Chunk(keyword: "prompt", text: Self.ascii(graph)),
            PNGText.Chunk(keyword: "workflow", text: Self.ascii(workflow)),
            PNGText.Chunk(keyword: "hearth", text: Self.ascii(stated)),
        ]
    }

    /// As A1111 writes it: prompt, negative prompt, settings.
    private var parameters: String {
        let settings: [(String, String)] = [
            ("Steps", "\(recipe.steps)"), ("Sampler", Self.samplerName(recipe.sampler)),
            ("Schedule type", Self.titled(recipe.scheduler)), ("CFG scale", Self.plain(recipe.guidance)),
            ("Seed", "\(recipe.seed)"), ("Size", "\(recipe.width)x\(recipe.height)"),
            ("Version", "Hearth \(Hearth.version)"),
        ]
        let last = settings.map { "\($0): \($1)" }.joined(separator: ", ")
        return [recipe.positive, recipe.negative.isEmpty ? nil : "Negative prompt: \(recipe.negative)", last]
            .compactMap { $0 }.joined(separator: "\n")
    }

    /// ComfyUI's API format: nodes by id, links as `[node, output]`.
    private var graph: JSONValue {
        func node(_ type: String, _ inputs: JSONValue) -> JSONValue { ["class_type": .string(type), "inputs": inputs] }
        return [
            "1": node("CheckpointLoaderSimple", ["ckpt_name": "choose-a-checkpoint.safetensors"]),
            "2": node("CLIPTextEncode", ["text": .string(recipe.positive), "clip": ["1", 1]]),
            "3": node("CLIPTextEncode", ["text": .string(recipe.negative), "clip": ["1", 1]]),
            "4": node(
                "EmptyLatentImage",
                ["width": .int(Int64(recipe.width)), "height": .int(Int64(recipe.height)), "batch_size": 1]),
            "5": node(
                "KSampler",
                [
                    "seed": .int(recipe.seed), "steps": .int(Int64(recipe.steps)), "cfg": .double(recipe.guidance),
                    "sampler_name": .string(recipe.sampler), "scheduler": .string(recipe.scheduler), "denoise": 1,
                    "model": ["1", 0], "positive": ["2", 0], "negative": ["3", 0], "latent_image": ["4", 0],
                ]),
            "6": node("VAEDecode", ["samples": ["5", 0], "vae": ["1", 2]]),
            "7": node("SaveImage", ["images": ["6", 0], "filename_prefix": "shot"]),
        ]
    }

    /// What has made the picture.
    private var stated: JSONValue {
        let value = (try? JSONValueEncoder.encode(recipe)) ?? .null
        return ["version": .string(Hearth.version), "recipe": value]
    }

    /// JSON in ASCII, as `tEXt` needs it.
    static func ascii(_ value: JSONValue) -> String {
        var result = ""
        for unit in value.encodedText().utf16 {
            if unit < 128, let scalar = Unicode.Scalar(unit) {
                result.unicodeScalars.append(scalar)
            } else {
                let digits = String(unit, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            }
        }
        return result
    }

    private static func plain(_ value: Double) -> String {
        Int64(exactly: value).map { "\($0)" } ?? SVGDrawing.number(value)
    }

    private static func titled(_ name: String) -> String { name.prefix(1).uppercased() + name.dropFirst() }

    /// A1111's name of a sampler; ComfyUI's where it has none.
    private static func samplerName(_ name: String) -> String {
        [
            "dpmpp_2m": "DPM++ 2M", "dpmpp_sde": "DPM++ SDE", "dpmpp_2m_sde": "DPM++ 2M SDE", "euler": "Euler",
            "euler_ancestral": "Euler a", "heun": "Heun", "lms": "LMS", "ddim": "DDIM", "uni_pc": "UniPC",
        ][name] ?? name
    }
}
