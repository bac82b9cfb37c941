import Foundation
import HearthCore
import HearthInference
import HearthVips
import Logging

/// The entry point of the program `hearth-worker`, which `hearth serve` starts.
package struct WorkerProgram {
    /// Runs the worker until it is told to end, or until the front is gone; ends the process.
    package static func main() async {
        let environment = ProcessInfo.processInfo.environment
        ProcessPriority.yieldToDoors(as: ProcessPriority.role(environment: environment))
        ProcessMemoryUse.shareHeaps()
        do {
            // libvips reads its environment when it is first used, which must be before any thread is started.
            let codec = try VipsCodec()
            let settings = try WorkerSettings(environment: environment)
            settings.logFormat.bootstrap(level: Logger.Level(rawValue: settings.logLevel) ?? .info)
            if let call = BareCall(arguments: CommandLine.arguments) {
                return try call.run(ModelLoader(settings, codec: codec))
            }
            if let loop = BareLoop(arguments: CommandLine.arguments) {
                return try await loop.run(ModelLoader(settings, codec: codec))
            }
            if let bare = BareRecipe(arguments: CommandLine.arguments) { return try await bare.run() }
            if let check = GoldenCheck(arguments: CommandLine.arguments) {
                exit(check.run(try ModelLoader(settings, codec: codec)) ? 0 : 1)
            }
            if let vectors = PictureVectors(arguments: CommandLine.arguments) {
                return try vectors.run(ModelLoader(settings, codec: codec), codec: codec)
            }
            let logger = Logger(label: "hearth.worker")
            try await Assembly(settings, codec: codec, logger: logger).run()
        } catch {
            FileHandle.standardError.write(Data("hearth-worker: \(error)\n".utf8))
            exit(1)
        }
    }
}
