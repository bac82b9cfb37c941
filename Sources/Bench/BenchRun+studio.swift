import Foundation
import HearthCommand
import HearthCore
import HearthJSON

/// Pictures and videos: what the way to a file costs beside libvips and ffmpeg alone, and whether three really run at
/// once.
extension BenchRun {
    private static let prompt = "Bram walks through the wood at night, looks up and smiles"

    func studio() async throws {
        let picture = try BenchWorker.largestSample()
        try await with(BenchServer(hasWorker: true)) { server in
            _ = try await server.waitUntilReady()
            let client = APIClient(base: "http://127.0.0.1:\(server.port)", apiKey: nil)
            try await client.send(
                .post, "/api/anchors", query: ["name": "Bram", "project": "bench"],
                body: .picture(try Data(contentsOf: URL(fileURLWithPath: picture))))
            // The first one loads fonts.
            _ = try await made(client, [:])
            var boards: [Made] = []
            for _ in 0..<5 { boards.append(try await made(client, [:])) }
            let board = boards.sorted { $0.time < $1.time }[boards.count / 2]
            let bare = try BenchWorker.bareRecipe(board.recipe, picture: picture)
            show(.atMost(1.3, board.time / bare, "×", "storyboard 1280 × 720: attempt ÷ libvips alone"))
            show(BenchFigure(name: "  both", value: "\(Int(board.time)) ms, \(Int(bare)) ms"))
            let video = try await made(client, ["kind": "video", "seconds": 6])
            let ffmpeg = try BenchWorker.bareRecipe(video.recipe, picture: picture)
            show(.atMost(1.3, video.time / ffmpeg, "×", "animatic of 6 s, 1280 × 720: attempt ÷ ffmpeg alone"))
            show(BenchFigure(name: "  both", value: "\(Int(video.time)) ms, \(Int(ffmpeg)) ms"))
            try await threeAtOnce(client)
        }
    }

    /// An output, and how long the attempt at it took.
    private struct Made {
        let recipe: JSONValue
        /// Milliseconds.
        let time: Double
        let start: Int64
        let end: Int64
    }

    private func made(_ client: APIClient, _ fields: JSONObject) async throws -> Made {
        try await end(client, of: try await asked(client, fields))
    }

    private func asked(_ client: APIClient, _ fields: JSONObject) async throws -> JSONValue {
        var input: JSONObject = [
            "prompt": .string(Self.prompt), "project": "bench", "character": "Bram", "style_preset": "fantasy",
        ]
        for member in fields.members { input[member.key] = member.value }
        return try await client.send(.post, "/generate", body: .json(.object(input)))
    }

    private func end(_ client: APIClient, of asked: JSONValue) async throws -> Made {
        let id = asked["job_id"]?.stringValue ?? ""
        let deadline = ContinuousClock.now + .seconds(300)
        while ContinuousClock.now < deadline {
            let job = try await client.send(.get, "/jobs/\(id)")
            if job["status"]?.stringValue == "completed", let start = job["started_at"]?.integerValue,
                let end = job["finished_at"]?.integerValue
            {
                return Made(recipe: asked["recipe"] ?? .null, time: Double(end - start), start: start, end: end)
            }
            guard job["status"]?.stringValue != "failed" else {
                throw HearthError(.internalError, job["error_message"]?.stringValue ?? "An output could not be made.")
            }
            // The times are in the answer: asking more often makes them longer, not more exact.
            try await Task.sleep(for: .milliseconds(50))
        }
        throw HearthError(.deadlineExceeded, "An output was not made in time.")
    }

    /// Three videos that are asked for together, and the front meanwhile.
    private func threeAtOnce(_ client: APIClient) async throws {
        var asked: [JSONValue] = []
        for _ in 0..<3 { asked.append(try await self.asked(client, ["kind": "video", "seconds": 4])) }
        let isOver = Locked(false)
        async let answers = Self.healthTimes(client, until: isOver)
        var videos: [Made] = []
        for one in asked { videos.append(try await end(client, of: one)) }
        isOver.withLock { $0 = true }
        let times = BenchSamples(try await answers)
        let starts = videos.map(\.start)
        let ends = videos.map(\.end)
        let together = Double((ends.min() ?? 0) - (starts.max() ?? 0))
        show(.atLeast(1, together > 0 ? 1 : 0, "", "three videos at once: all run together"))
        show(BenchFigure(name: "  together for", value: "\(Int(max(together, 0))) ms"))
        show(.atMost(5, times.p99, "ms", "GET /health meanwhile, p99 of \(times.count)"))
    }

    /// Milliseconds of calls of `/health`, one after the other.
    private static func healthTimes(_ client: APIClient, until isOver: Locked<Bool>) async throws -> [Double] {
        var times: [Double] = []
        while !isOver.withLock({ $0 }) {
            let start = ContinuousClock.now
            _ = try await client.send(.get, "/health")
            times.append((ContinuousClock.now - start).fractionalMilliseconds)
            try await Task.sleep(for: .milliseconds(5))
        }
        return times
    }
}
