import Foundation
import HearthCore
import HearthJSON
import HearthJobs

/// The part of a demonstration that makes a picture and a video of a registered character, without a model.
struct DemoStudio {
    let members: [DemoCast.Member]
    let client: APIClient
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

    private static let longest: Duration = .seconds(120)

    /// Makes a picture and, where ffmpeg is installed, a video.
    func run() async throws -> Figures {
        var figures = Figures()
        guard let member = members.first else { return figures }
        let name = member.name.split(separator: "-").first.map { $0.capitalized } ?? member.name
        var common: JSONObject = ["project": .string(member.project), "character": .string(member.name)]
        common["style_preset"] = "fantasy"
        common["seed"] = 7
        figures.picture = try await make(
            common, ["prompt": .string("\(name) walks through the wood at night, looks up and smiles")], &figures)
        guard ProgramPath.find("ffmpeg") != nil else {
            Terminal.line("   the video is left out: ffmpeg is not installed (`Scripts/bootstrap` installs it)")
            return figures
        }
        figures.video = try await make(
            common,
            [
                "prompt": .string("\(name) walks through the wood. \(name) looks up at the moon. Close: a smile"),
                "kind": "video", "seconds": 6,
            ], &figures)
        return figures
    }

    /// Makes one output and keeps its file.
    /// - Returns: from the call to the end of the job; nil when it failed.
    private func make(
        _ common: JSONObject, _ own: JSONObject, _ figures: inout Figures
    ) async throws -> Duration? {
        var input = common
        for field in own.members { input[field.key] = field.value }
        let start = ContinuousClock.now
        let reply = try await client.send(.post, "/api/anime/generate", body: .json(.object(input)))
        let asked = ContinuousClock.now - start
        guard let output = reply["output_id"]?.stringValue else { return nil }
        var made = JSONValue.null
        while ContinuousClock.now - start < Self.longest {
            made = try await client.send(.get, "/api/anime/outputs/\(output)")
            if JobState(rawValue: made["status"]?.stringValue ?? "")?.isFinal == true { break }
            try await Task.sleep(for: .milliseconds(30))
        }
        let time = ContinuousClock.now - start
        guard let path = made["file"]?["path"]?.stringValue else {
            Terminal.line("   ✗ \(made["failure"]?.stringValue ?? "It was not made in time.")")
            figures.isFine = false
            return nil
        }
        let file = "\(folder)/\(made["kind"]?.stringValue ?? "output").\(path.split(separator: ".").last ?? "")"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try? FileManager.default.removeItem(atPath: file)
        try FileManager.default.copyItem(atPath: "\(data)/\(path)", toPath: file)
        figures.files.append(file)
        Terminal.line(
            "   " + (made["generator"]?.stringValue ?? "").padded(to: 24)
                + "answered after \(DemoSummary.milliseconds(asked))".padded(to: 32)
                + "there after \(DemoSummary.milliseconds(time))")
        Terminal.line("   " + "".padded(to: 24) + file)
        return time
    }
}
