import HearthCore
import HearthJSON
import HearthJobs
import HearthTesting
import Testing

/// What an operation's schema says is what its decoding does, for any input: the two cannot drift apart.
@Suite struct OperationSchemaTests {
    private struct Everything: Sendable, Codable, Equatable, SchemaDescribed {
        enum Mood: String, Sendable, Codable, CaseIterable { case calm, wild }

        struct Inner: Sendable, Codable, Equatable, SchemaDescribed {
            var width: UInt8
            var label: String?

            static let fields = ["label": FieldNote("A label.", minLength: 1, maxLength: 4)]
        }

        var projectID: String
        var count: Int?
        var ratio: Double
        var isDraft: Bool?
        var mood: Mood?
        var tags: [String]?
        var inner: Inner?
        var parts: [Inner]?
        var weights: [String: Double]?

        static let fields = [
            "project_id": FieldNote("Which project.", minLength: 1, maxLength: 6),
            "count": FieldNote("How many.", minimum: 1, maximum: 100),
            "ratio": FieldNote("A share.", minimum: 0, maximum: 1),
            "tags": FieldNote("Words.", maxLength: 3),
        ]
    }

    private func echo() -> HearthCore.Operation {
        Operation(
            .init("echo", "Says it again.", description: "Answers its input.", permission: .read, hints: .reads),
            input: Everything.self, output: Everything.self
        ) { input, _ in input }
    }

    private func call(_ operation: HearthCore.Operation, _ input: JSONValue) async throws -> JSONValue {
        try await OperationRegistry([operation]).call(
            operation, input: input,
            context: OperationContext(
                principal: .local, requestID: "r", deadline: .now + .seconds(600), logger: .quiet))
    }

    @Test(arguments: RepeatableRandom.seeds(400))
    func anInputIsTakenExactlyWhenItsSchemaAllowsIt(seed: UInt64) async throws {
        let operation = echo()
        var maker = SchemaSample(random: RepeatableRandom(seed: seed))
        for _ in 0..<10 {
            let (input, isAllowed) = maker.value(of: operation.inputSchema)
            var refusal: HearthError?
            var answer: JSONValue?
            do {
                answer = try await call(operation, input)
            } catch let error as HearthError {
                refusal = error
            }
            #expect(
                (refusal == nil) == isAllowed, "seed \(seed): \(input.encodedText()) \(refusal?.message ?? "was taken")"
            )
            if let refusal { #expect(refusal.code == .invalidRequest, "seed \(seed)") }
            guard let answer else { continue }
            // What comes back is what went in, without the nulls: no field was dropped or renamed on the way.
            let (came, went) = (
                try JSONValueDecoder.read(Everything.self, from: answer),
                try JSONValueDecoder.read(Everything.self, from: input)
            )
            #expect(came == went, "seed \(seed)")
            for member in answer.objectValue?.members ?? [] {
                #expect(operation.outputSchema["properties"]?[member.key] != nil, "seed \(seed): \(member.key)")
            }
        }
    }

    @Test func noOperationOfTheQueueHasNotesThatFitNoField() throws {
        for operation in DiagnosticOperations().operations() + [echo()] {
            #expect(operation.schemaProblem == nil, "\(operation.name)")
        }
    }
}
