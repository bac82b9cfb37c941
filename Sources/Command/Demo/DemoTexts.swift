import Foundation
import HearthCore
import HearthInference
import HearthJSON

/// The part of a demonstration that finds sentences by their meaning; it needs a model for texts.
struct DemoTexts {
    let client: APIClient

    private static let notes = [
        "Water the tomatoes before the sun is high.", "The train to the coast leaves at seven from platform two.",
        "Grandmother's soup wants thyme and a lot of patience.", "The invoice for the studio is due on Friday.",
        "A loose chain makes the bicycle skip a gear.",
    ]
    private static let questions = [
        ("When do I have to pay?", 3), ("Why is my bike making that noise?", 4), ("What grows in the garden?", 0),
        ("How do I get to the sea?", 1),
    ]

    /// Whether the server has a model for texts that works; waits for one that is on its way.
    func isPossible(within limit: Duration = .seconds(60)) async throws -> Bool {
        let deadline = ContinuousClock.now + limit
        while true {
            let reply = try await client.send(.get, "/api/models")
            let states = (reply["models"]?.arrayValue ?? []).filter { model in
                model["kind"]?.stringValue == ModelKind.textEmbedding.rawValue
            }.compactMap { $0["state"]?.stringValue.flatMap(ModelState.init(rawValue:)) }
            if states.contains(.ready) { return true }
            guard states.contains(where: { [.absent, .loading, .warming].contains($0) }), .now < deadline else {
                return false
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Asks each question, and shows the note that is nearest to it.
    /// - Returns: whether each found the note that answers it.
    func run() async throws -> Bool {
        let notes = try await vectors(of: Self.notes)
        var isFine = true
        for (question, expected) in Self.questions {
            let start = ContinuousClock.now
            let asked = try await vectors(of: [question]).first ?? []
            let time = ContinuousClock.now - start
            let scores = notes.map { zip($0, asked).reduce(0) { $0 + $1.0 * $1.1 } }
            let best = scores.indices.max { scores[$0] < scores[$1] } ?? 0
            isFine = isFine && best == expected
            Terminal.line("   \(question.padded(to: 36))\(DemoSummary.milliseconds(time))")
            Terminal.line("   \(best == expected ? "✓" : "✗") \(Self.notes[best])")
        }
        return isFine
    }

    private func vectors(of texts: [String]) async throws -> [[Double]] {
        let inputs = JSONValue.array(texts.map { ["text": .string($0)] })
        let reply = try await client.send(.post, "/embed/batch", body: .json(["inputs": inputs]))
        return (reply["results"]?.arrayValue ?? []).map { result in
            (result["embedding"]?.arrayValue ?? []).compactMap(\.doubleValue)
        }
    }
}
