import Foundation
import HearthCore
import HearthJSON
import HearthJobs
import HearthWorkflows

/// Fetches the file that a prompt has made, and finds out what it is by its bytes.
struct ComfyOutput: Sendable {
    let server: ComfyServer
    let work: GenerationWork

    /// A file in the folder of the work.
    struct Fetched: Sendable {
        /// In the folder of the work.
        var path: String
        var format: String
        /// Pixels; nil where the bytes do not say in a way that is read here.
        var size: (width: Int, height: Int)?
        /// Files that the prompt has made.
        var count: Int

        func described(_ filled: FilledWorkflow, _ details: JSONObject) -> GeneratedFile {
            GeneratedFile(
                path: path, format: format, width: size?.width ?? filled.width, height: size?.height ?? filled.height,
                seconds: filled.seconds, reference: filled.reference, details: details)
        }
    }

    /// - Parameter files: those of the history.
    /// - Throws: ``JobFailure`` `comfyui_output_missing`, `comfyui_output_too_large`; ``HearthError`` `invalid_image`.
    func fetch(_ files: [ComfyFile]) async throws -> Fetched {
        let kind = work.recipe.kind
        // Videos may be animated pictures.
        guard let file = files.first(where: { $0.kind == kind }) ?? (kind == .video ? files.first : nil) else {
            throw JobFailure(
                kind: .permanent, code: "comfyui_output_missing",
                message: "The workflow has ended without a \(kind.rawValue). It needs an output node such as "
                    + "\(kind == .image ? "SaveImage" : "SaveVideo").")
        }
        work.progress(GenerationProgress(stage: .saving, overall: 1))
        let limit = file.kind == .image ? Limits.comfyUIPictureBytes : Limits.comfyUIVideoBytes
        let part = "\(work.folder)/output.part"
        _ = try await server.download(file, to: part, limit: limit)
        do {
            let (format, size) = try Self.inspect(part)
            let path = "\(work.folder)/output.\(format)"
            try FileManager.default.moveItem(atPath: part, toPath: path)
            return Fetched(path: path, format: format, size: size, count: files.count)
        } catch {
            try? FileManager.default.removeItem(atPath: part)
            throw error
        }
    }

    /// The format of a file by its bytes, whatever the server has called it.
    private static func inspect(_ path: String) throws -> (format: String, size: (width: Int, height: Int)?) {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw HearthError(.storageUnavailable, "A file that was just written cannot be read.")
        }
        defer { try? file.close() }
        let head = try file.read(upToCount: 12) ?? Data()
        if head.count == 12, head.dropFirst(4).prefix(4).elementsEqual("ftyp".utf8) { return ("mp4", nil) }
        if head.starts(with: [0x1A, 0x45, 0xDF, 0xA3]) { return ("webm", nil) }
        let header = try ImageProbe.inspect(Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe))
        return (header.format.fileExtension, (header.width, header.height))
    }
}
