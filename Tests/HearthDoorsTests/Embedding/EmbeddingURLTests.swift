import Foundation
import HearthCore
import HearthHTTP
import HearthInference
import HearthJSON
import HearthTesting
import Testing

@testable import HearthDoors

/// Pictures behind URLs: fetched only where there is a fetcher, and within limits.
@Suite(.timeLimit(.minutes(3))) struct EmbeddingURLTests {
    /// Answers by the URL's path, and notes what was asked.
    private struct ScriptedFetcher: PictureFetcher {
        let asked = Locked<[String]>([])
        let running = Locked((now: 0, most: 0))
        /// So many must have begun before one of them ends.
        var together = 1

        func fetch(_ url: String, limit: Int, deadline: ContinuousClock.Instant) async throws -> Data {
            let number = asked.withLock { asked in
                asked.append(url)
                return asked.count
            }
            running.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
            let company = (number + together - 1) / together * together
            while asked.withLock({ $0.count }) < company { await Task.yield() }
            // Whoever is let in beside them has begun by now.
            for _ in 0..<100 { await Task.yield() }
            running.withLock { $0.now -= 1 }
            guard !url.hasSuffix("missing") else { throw HearthError(.invalidRequest, "No picture.") }
            return EmbeddingWorld.pixel
        }
    }

    @Test func everyProtocolFetches() async throws {
        let fetcher = ScriptedFetcher()
        let world = try EmbeddingWorld(fetcher: fetcher)
        let url = "https://example.com/a.png"
        for (path, json) in [
            ("/embed", #"{"url": "\#(url)"}"#), ("/embed/batch", #"{"inputs": [{"url": "\#(url)"}]}"#),
            ("/v1/embeddings", #"{"modality": "image", "input": "\#(url)"}"#),
            ("/v1/embeddings", EmbeddingWorld.message(EmbeddingWorld.picturePart(url))),
        ] {
            #expect(try await world.post(path, json).status == 200)
        }
        #expect(fetcher.asked.withLock { $0 } == Array(repeating: url, count: 4))
        #expect(world.inputs.allSatisfy { $0 == .image(EmbeddingWorld.pixel) })
    }

    @Test func aFetchedPictureCountsAgainstTheBudget() async throws {
        let world = try EmbeddingWorld(fetcher: ScriptedFetcher())
        let json = #"{"url": "https://example.com/a.png"}"#
        _ = try await world.post("/embed", json)
        #expect(world.held.withLock { $0 } == [json.utf8.count + EmbeddingWorld.pixel.count])
        #expect(world.budget.bytesInFlight == 0)
    }

    @Test func oneURLThatFailsFailsAloneAndFewAreFetchedAtOnce() async throws {
        let fetcher = ScriptedFetcher(together: Limits.fetchesAtOnce)
        let urls = (0..<(3 * Limits.fetchesAtOnce)).map {
            #"{"url": "http://a.example/\#($0 == 5 ? "missing" : String($0))"}"#
        }
        let answer = try await EmbeddingWorld(fetcher: fetcher).post(
            "/embed/batch", #"{"inputs": [\#(urls.joined(separator: ","))]}"#)
        #expect(answer.json["failed"] == 1)
        #expect(answer.json["results"]?[5]?["error"]?["message"] == "No picture.")
        #expect(fetcher.running.withLock { $0.most } == Limits.fetchesAtOnce)
    }

    @Test func aRequestHasFewURLs() async throws {
        let fetcher = ScriptedFetcher()
        let urls = Array(repeating: #"{"url": "http://a.example/"}"#, count: Limits.fetchesPerRequest + 1)
        let answer = try await EmbeddingWorld(fetcher: fetcher).post(
            "/embed/batch", #"{"inputs": [\#(urls.joined(separator: ","))]}"#)
        #expect(answer.status == 400)
        #expect(fetcher.asked.withLock { $0.isEmpty })
    }
}
