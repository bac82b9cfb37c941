import ArgumentParser
import Foundation
import HearthCore
import HearthJSON

/// `hearth studio generate`
struct StudioGenerate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Make a picture or a video of a prompt, with a character in it.",
        discussion: """
            Without a model: `storyboard` composes the character's pictures in a drawn place, `animatic` moves a \
            camera over such pictures. The seed is printed; the same seed makes the same file.

              hearth studio generate "Mira walks through the rain, looks up" --character Mira --project Woods
              hearth studio generate "Mira walks. She looks up" --video --seconds 6 --style studio_ghibli --open
            """)

    @Argument(help: "What is to be seen.") var prompt: String
    @Option(help: "Identifier or name of the project.") var project: String?
    @Option(help: "Name of a character of the project.") var character: String?
    @Option(help: "Style: cyberpunk, fantasy, steampunk, studio_ghibli, manga, none, or one of your own.")
    var style: String?
    @Flag(help: "Make a video.") var video = false
    @Option(help: "Length of a video.") var seconds: Double?
    @Option(help: "16:9, 9:16 or 1:1.") var aspect: String?
    @Option(help: "Pixels; with --height, instead of --aspect.") var width: Int?
    @Option(help: "Pixels.") var height: Int?
    @Option(help: "The same seed makes the same output.") var seed: Int64?
    @Option(help: "0 to 1: how much the character's pictures count.") var referenceWeight: Double?
    @Option(help: "Which generator makes it.") var generator: String?
    @Option(help: "How many.") var n: Int?
    @Flag(help: "Return at once.") var noWait = false
    @Flag(help: "Show the file when it is there.") var open = false
    @OptionGroup var options: ClientOptions

    /// The flags by the fields that they stand for.
    static let flags = [
        "project": "--project", "character": "--character", "style_preset": "--style", "kind": "--video",
        "seconds": "--seconds", "aspect": "--aspect", "width": "--width", "height": "--height", "seed": "--seed",
        "reference_weight": "--reference-weight", "generator": "--generator", "n": "--n",
    ]

    func validate() throws {
        guard seconds == nil || video else {
            throw ValidationError("--seconds is the length of a video: add --video, or leave it out.")
        }
    }

    func run() async throws {
        let settings = try await options.settings()
        let client = try settings.client()
        let reply: JSONValue
        do {
            reply = try await client.send(.post, "/api/anime/generate", body: .json(.object(input)))
        } catch let error as HearthError {
            throw CommandWords.shown(error, flags: Self.flags)
        }
        if options.json, noWait { return Terminal.json(reply) }
        let jobs = [reply] + (reply["others"]?.arrayValue ?? [])
        if noWait {
            for job in jobs {
                Terminal.line("output  \(job["output_id"]?.stringValue ?? "")")
                Terminal.line("job     \(job["job_id"]?.stringValue ?? "")")
            }
            return Terminal.note("`hearth jobs watch JOB` follows it, `hearth studio open OUTPUT` shows the file.")
        }
        for job in jobs {
            guard let id = job["job_id"]?.stringValue, let output = job["output_id"]?.stringValue else { continue }
            let view = JobProgressView(client: client, json: options.json)
            let ended = try await view.follow(id, label: video ? "video" : "picture")
            try JobEnd.requireCompletion(
                ended, hint: "`hearth jobs retry \(id)` makes it again with the same seed.")
            let made = try await client.send(.get, "/api/anime/outputs/\(output)")
            let file = LocalOutput(made, settings)
            options.show(made) { made in
                Terminal.line("  file    \(file.path ?? file.url)")
                Terminal.line("  seed    \(made["recipe"]?["seed"]?.integerValue ?? 0)")
                if let line = Self.referenceLine(made["reference"]) { Terminal.line("  used    \(line)") }
            }
            if open { try file.open() }
        }
    }

    /// How the character's pictures were used; nil: they were not.
    static func referenceLine(_ reference: JSONValue?) -> String? {
        guard let mechanism = reference?["mechanism"]?.stringValue, mechanism != "none" else { return nil }
        let wanted = reference?["requested_weight"]?.doubleValue.map { " (weight \(Wording.number($0)))" } ?? ""
        guard let effective = reference?["effective"]?.doubleValue else {
            return "the character's pictures, by \(mechanism.replacing("_", with: " "))\(wanted)"
        }
        guard mechanism == "layout_share" else {
            let how = mechanism.replacing("_", with: " ")
            return "the character's pictures, by \(how) \(Wording.number(effective))\(wanted)"
        }
        return "the character's pictures, \(Int((effective * 100).rounded())) % of the frame\(wanted)"
    }

    private var input: JSONObject {
        var input: JSONObject = ["prompt": .string(prompt), "kind": .string(video ? "video" : "image")]
        input["project"] = project.map { .string($0) }
        input["character"] = character.map { .string($0) }
        input["style_preset"] = style.map { .string($0) }
        input["seconds"] = seconds.map { .double($0) }
        input["aspect"] = aspect.map { .string($0) }
        input["width"] = width.map { .int(Int64($0)) }
        input["height"] = height.map { .int(Int64($0)) }
        input["seed"] = seed.map { .int($0) }
        input["reference_weight"] = referenceWeight.map { .double($0) }
        input["generator"] = generator.map { .string($0) }
        input["n"] = n.map { .int(Int64($0)) }
        return input
    }
}

/// The file of an output as this machine has it.
struct LocalOutput {
    /// Nil: the server is elsewhere.
    let path: String?
    /// Where the server has it.
    let url: String

    init(_ output: JSONValue, _ settings: Settings) {
        let file = output["file"]
        url = settings.clientURL + (file?["url"]?.stringValue ?? "")
        let local = file?["path"]?.stringValue.map { "\(settings.folder.path)/\($0)" }
        path = local.flatMap { FileManager.default.fileExists(atPath: $0) ? $0 : nil }
    }

    /// Shows it by the program that the user has for such files.
    /// - Throws: ``HearthError`` `not_found` when there is no such program.
    func open() throws {
        let shown = path ?? url
        let opener = Process()
        opener.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        opener.arguments = ["xdg-open", shown]
        opener.standardError = FileHandle.nullDevice
        try? opener.run()
        opener.waitUntilExit()
        guard opener.terminationStatus == 0 else {
            throw HearthError(
                .notFound, "This machine has no program that opens files (xdg-open).",
                hint: "Open it yourself: \(shown)")
        }
    }
}
