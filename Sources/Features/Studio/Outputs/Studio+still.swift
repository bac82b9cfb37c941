import HearthCore
import HearthJobs
import Logging

import class Foundation.FileManager

/// Pictures that stand for videos.
extension Studio {
    /// Frames among which ffmpeg chooses; it has all of them in memory.
    private static let compared = 40
    /// Each of them is the first of so many frames.
    private static let step = 12

    /// Writes the frame that stands best for a video beside it.
    /// - Parameters:
    ///   - name: of the video in the folder.
    ///   - folder: where the program runs.
    /// - Returns: the path of a PNG file.
    /// - Throws: ``JobFailure`` `program_failed` for a file in which there is none; what running a program throws.
    func still(of name: String, in folder: String) async throws -> String {
        let call = ProgramCall(
            "ffmpeg",
            [
                "-hide_banner", "-nostdin", "-loglevel", "error", "-y", "-protocol_whitelist", "file", "-i",
                "file:\(name)", "-vf", "select=not(mod(n\\,\(Self.step))),thumbnail=\(Self.compared)", "-frames:v", "1",
                "-threads", "2", "frame.png",
            ])
        let result = try await generation.programs.run(call, in: folder)
        let path = "\(folder)/frame.png"
        guard result.status == 0, FileManager.default.fileExists(atPath: path) else {
            let last = result.messages.split(separator: "\n").last.map(String.init)
            throw JobFailure(
                kind: .permanent, code: "program_failed",
                message: "ffmpeg found no frame in the video: \(last ?? "no message").")
        }
        return path
    }

    /// The file with a picture that stands for it: thumbnails and similarity come of that. A generator whose video came
    /// from elsewhere has none; the video is kept without one when ffmpeg is missing or finds no frame.
    func withStill(of made: GeneratedFile, in folder: String) async throws -> GeneratedFile {
        guard made.still == nil, OutputFile.mediaType(of: made.format).hasPrefix("video/"),
            let name = made.path.split(separator: "/").last, made.path == "\(folder)/\(name)"
        else { return made }
        var shown = made
        do {
            shown.still = try await still(of: String(name), in: folder)
        } catch {
            try Task.checkCancellation()
            logger.notice("A video has no picture", metadata: ["error": "\(error)"])
        }
        return shown
    }
}
