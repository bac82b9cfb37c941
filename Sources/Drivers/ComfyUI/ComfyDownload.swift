import Foundation
import HearthCore
import HearthHTTPClient
import HearthJobs
import NIOCore
import NIOHTTP1

/// Writes the file of an answer, piece by piece.
enum ComfyDownload {
    /// - Returns: its bytes, counted.
    /// - Throws: ``JobFailure`` `comfyui_output_too_large` above the limit; ``HTTPCallFailure``. Nothing stays then.
    static func write(_ reply: HTTPReply, to path: String, limit: Int, server: String) async throws -> Int {
        let tooLarge = JobFailure(
            kind: .permanent, code: "comfyui_output_too_large",
            message: "\(server) has made a file of more than \(limit >> 20) MB.")
        let announced = reply.headers.first(name: "content-length").flatMap { Int($0) }
        if let announced, announced > limit { throw tooLarge }
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let file = FileHandle(forWritingAtPath: path)
        else { throw HearthError(.storageUnavailable, "The folder of a job cannot be written.") }
        do {
            var count = 0
            for try await piece in reply.body {
                guard piece.readableBytes <= limit - count else { throw tooLarge }
                count += piece.readableBytes
                try file.write(contentsOf: Data(piece.readableBytesView))
            }
            try file.close()
            // A connection that ends early looks like the end where no length was announced.
            guard announced ?? count == count, count > 0 else { throw HTTPCallFailure.cut }
            return count
        } catch {
            try? file.close()
            try? FileManager.default.removeItem(atPath: path)
            guard error is CocoaError else { throw error }
            throw HearthError(.insufficientStorage, "The file of an output could not be written.", cause: error)
        }
    }
}
