import Foundation
import HearthCore
import HearthInference
import HearthJSON

/// The part of a demonstration that finds sentences by their meaning; it needs a model for texts.
struct DemoTexts {
    let client: APIClient
    let model: ModelChoice.Pick

    private static let notes = [
        "Water the tomatoes before the sun is high.", "The train to the coast leaves at seven from platform two.",
        "Grandmother's soup wants thyme and a lot of patience.", "The invoice for the studio is due on Friday.",
        "A loose chain makes the bicycle skip a gear.",
    ]
    private static let questions = [
        ("When do I have to pay?", 3), ("Why is my bike making that noise?", 4), ("When do I water the plants?", 0),
        ("How do I get to the sea?", 1),
    ]
    /// For models that find what was written in another language.
    private static let foreignQuestions = [("Wann muss ich die Rechnung bezahlen?", 3), ("我的自行车为什么有噪音?", 4)]

    /// Asks each question, and shows the note that is nearest to it.
    /// - Returns: whether each found the note that answers it.
    func run() async throws -> Bool {
        try await waitUntilReady()
        let notes = try await vectors(of: Self.notes, role: .document)
        var isFine = true
        for (question, expected) in Self.questions + (model.isMultilingual ? Self.foreignQuestions : []) {
            let start = ContinuousClock.now
            let asked = try await vectors(of: [question], role: .query).first ?? []
            let time = ContinuousClock.now - start
            let scores = notes.map { zip($0, asked).reduce(0) { $0 + $1.0 * $1.1 } }
            let best = scores.indices.max { scores[$0] < scores[$1] } ?? 0
            isFine = isFine && best == expected
            Terminal.line("   \(question.padded(to: 40))\(DemoSummary.milliseconds(time))")
            Terminal.line("   \(best == expected ? "✓" : "✗") \(Self.notes[best])")
        }
        return isFine
    }

    /// Waits while the model is on its way into memory; what else is wrong with it, the first call says.
    private func waitUntilReady(within limit: Duration = .seconds(60)) async throws {
        let deadline = ContinuousClock.now + limit
        while .now < deadline {
            let models = try await client.send(.get, "/api/models")["models"]?.arrayValue ?? []
            let found = models.first { $0["id"]?.stringValue == model.id }
            let state = found?["state"]?.stringValue.flatMap(ModelState.init(rawValue:))
            // Before the worker has said what there is, nothing is listed.
            guard models.isEmpty || state.map({ [.absent, .loading, .warming].contains($0) }) == true else { return }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private func vectors(of texts: [String], role: TextRole) async throws -> [[Double]] {
        let inputs = JSONValue.array(texts.map { ["text": .string($0)] })
        let body: JSONValue = ["inputs": inputs, "model": .string(model.id), "role": .string(role.rawValue)]
        let reply = try await client.send(.post, "/embed/batch", body: .json(body))
        return (reply["results"]?.arrayValue ?? []).map { result in
            (result["embedding"]?.arrayValue ?? []).compactMap(\.doubleValue)
        }
    }
}
