import Foundation
import HearthCore

/// What the machine itself can do.
enum BenchLimit {
    /// Writes 100 kB files, each to disk, in a closed loop.
    static func synchronisedFiles(callers: Int, seconds: Double) async throws -> BenchSamples {
        let folder = BenchServer.freshFolder()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let start = ContinuousClock.now
        let end = start + .seconds(seconds)
        let all = Locked<[Double]>([])
        await BenchLoad.threads(callers) { _ in
            let bytes = [UInt8](repeating: 104, count: BenchRequest.pictureBytes)
            var times: [Double] = []
            while ContinuousClock.now < end {
                let begin = ContinuousClock.now
                let path = "\(folder)/\(BenchLoad.nextNumber())"
                let file = open("\(path).part", O_CREAT | O_WRONLY, 0o600)
                guard file >= 0 else { return }
                let isWritten = write(file, bytes, bytes.count) == bytes.count && fdatasync(file) == 0
                close(file)
                guard isWritten, rename("\(path).part", path) == 0 else { return }
                times.append((ContinuousClock.now - begin).fractionalMilliseconds)
            }
            all.withLock { [times] in $0 += times }
        }
        return BenchSamples(
            all.withLock { $0 }, elapsed: (ContinuousClock.now - start).fractionalMilliseconds / 1_000)
    }

    /// Sends a request of so many bytes over a loopback connection, and reads an answer of so many.
    static func transfer(request: Int, answer: Int, seconds: Double) async throws -> BenchSamples {
        let sink = try BenchSink()
        let bytes = [UInt8](repeating: 104, count: request)
        let all = Locked<[Double]>([])
        let port = sink.port
        let end = ContinuousClock.now + .seconds(seconds)
        async let caller: Void = BenchLoad.threads(1) { _ in
            guard let connection = try? BenchConnection(.port(port)) else { return }
            var times: [Double] = []
            while ContinuousClock.now < end {
                let begin = ContinuousClock.now
                guard (try? connection.send(bytes)) != nil else { return }
                times.append((ContinuousClock.now - begin).fractionalMilliseconds)
            }
            all.withLock { [times] in $0 = times }
        }
        await BenchLoad.threads(1) { _ in sink.serve(request: request, answer: answer) }
        await caller
        return BenchSamples(all.withLock { $0 })
    }
}
