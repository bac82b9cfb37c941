import Foundation
import HearthCore
import HearthJSON
import HearthJobs

/// The part of a demonstration that puts a character into a picture and a video, without a model: the calls that Claude
/// Desktop makes, through a process of `hearth mcp`.
struct DemoStudio {
    let members: [DemoCast.Member]
    /// Of the server.
    let data: String
    /// Where the files are kept after the data folder is gone.
    let folder: String

    /// What it took.
    struct Figures {
        var picture: Duration?
        var video: Duration?
        /// Files that were kept.
        var files: [String] = []
        var isFine = true
    }

    /// Registers a picture and makes one picture of its character and, where ffmpeg is installed, two videos: one of
    /// the character, and one without any, which makes a provisional character.
    func run() async throws -> Figures {
        guard let member = members.first else { return Figures() }
        let pictures = URL(fileURLWithPath: member.anchor).deletingLastPathComponent().path
        return try await DemoMCPClient.run(data: data, pictures: pictures) { client in
            var figures = Figures()
            let name = member.name.split(separator: "-").first.map { $0.capitalized } ?? member.name
            let project = "\(member.project)-film"
            try await register(
                ["project": .string(project), "name": .string(name), "path": .string(member.anchor)], client)
            let common: JSONObject = [
                "project": .string(project), "character": .string(name), "style_preset": "fantasy", "seed": 7,
            ]
            figures.picture = try await make(
                "generate_image", common, "\(name) walks through the wood at night, looks up and smiles", client,
                &figures)
            guard ProgramPath.find("ffmpeg") != nil else {
                Terminal.line("   the videos are left out: ffmpeg is not installed (`Scripts/bootstrap` installs it)")
                return figures
            }
            var video = common
            video["seconds"] = 6
            figures.video = try await make(
                "generate_video_segment", video,
                "\(name) walks through the wood. \(name) looks up at the moon. Close: a smile", client, &figures)
            _ = try await make(
                "generate_video_segment", ["project": .string(project), "seconds": 2, "seed": 7],
                "A stranger waits at the gate", client, &figures)
            return figures
        }
    }

    private func register(_ arguments: JSONObject, _ client: DemoMCPClient) async throws {
        let start = ContinuousClock.now
        let reply = try await client.call("register_character_anchor", arguments)
        let asked = ContinuousClock.now - start
        try await wait(for: reply, client)
        show("register_character_anchor", asked, ContinuousClock.now - start)
    }

    /// Makes one output and keeps its file.
    /// - Returns: from the call until the output was there; nil when it was not made.
    private func make(
        _ tool: String, _ arguments: JSONObject, _ prompt: String, _ client: DemoMCPClient, _ figures: inout Figures
    ) async throws -> Duration? {
        var arguments = arguments
        arguments["prompt"] = .string(prompt)
        let start = ContinuousClock.now
        let reply = try await client.call(tool, arguments)
        let asked = ContinuousClock.now - start
        try await wait(for: reply, client)
        let time = ContinuousClock.now - start
        let output = try await client.call("get_output", ["output_id": reply["output_id"] ?? .null])
        guard let path = output["file"]?["path"]?.stringValue else {
            Terminal.line("   ✗ \(tool): \(output["failure"]?.stringValue ?? "It was not made in time.")")
            figures.isFine = false
            return nil
        }
        show(tool, asked, time)
        let file = try keep(path, as: "\(figures.files.count + 1)-\(output["generator"]?.stringValue ?? "output")")
        figures.files.append(file)
        Terminal.line("   " + "".padded(to: 28) + file)
        return time
    }

    /// Waits as a language model does: each call waits for a while, and is made again until the job has ended.
    private func wait(for reply: JSONValue, _ client: DemoMCPClient) async throws {
        guard let job = reply["job_id"] else { return }
        let start = ContinuousClock.now
        while ContinuousClock.now - start < .seconds(120) {
            if try await client.call("wait_for_job", ["job_id": job])["timed_out"]?.boolValue != true { return }
        }
    }

    private func keep(_ path: String, as name: String) throws -> String {
        let file = "\(folder)/\(name).\(path.split(separator: ".").last ?? "")"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try? FileManager.default.removeItem(atPath: file)
        try FileManager.default.copyItem(atPath: "\(data)/\(path)", toPath: file)
        return file
    }

    private func show(_ tool: String, _ asked: Duration, _ there: Duration) {
        Terminal.line(
            "   " + tool.padded(to: 28) + "answered after \(DemoSummary.milliseconds(asked))".padded(to: 28)
                + "done after \(DemoSummary.milliseconds(there))")
    }
}
