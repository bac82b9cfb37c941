import HearthCore
import HearthJSON
import HearthTesting
import Testing

import struct Foundation.Data

@Suite struct OperationRegistryTests {
    private struct Greeting: Sendable, Codable, SchemaDescribed {
        var name: String
        var times: Int?

        static let fields = ["times": FieldNote("How often.", minimum: 1, maximum: 3)]
    }

    private struct Answer: Sendable, Codable {
        var text: String
    }

    private func operation(
        _ name: String = "greet", permission: Permission = .read, routes: [Route] = [],
        attachment: AttachmentRule? = nil
    ) throws -> HearthCore.Operation {
        try Operation(
            .init(name, "Greets.", permission: permission, routes: routes, attachment: attachment),
            input: Greeting.self, output: Answer.self
        ) { input, context in
            let greeting = Array(repeating: "hello \(input.name)", count: input.times ?? 1).joined(separator: ", ")
            return Answer(text: greeting + (context.attachment.map { " with \($0.bytes.count)" } ?? ""))
        }
    }

    private func context(permission: Permission = .read, attachment: HearthCore.Attachment? = nil) -> OperationContext {
        OperationContext(
            principal: Principal(tenant: .local, permission: permission), requestID: "r",
            deadline: .now + .seconds(600), attachment: attachment, logger: .quiet)
    }

    private func call(
        _ operation: HearthCore.Operation, _ input: JSONValue, permission: Permission = .read,
        attachment: HearthCore.Attachment? = nil
    ) async throws -> JSONValue {
        try await OperationRegistry([operation]).call(
            operation, input: input, context: context(permission: permission, attachment: attachment))
    }

    private func refusal(_ body: () async throws -> JSONValue) async -> HearthError? {
        await #expect(throws: HearthError.self) { try await body() }
    }

    @Test func twoOperationsOfOneNameAreRefused() throws {
        let error = #expect(throws: HearthError.self) { try OperationRegistry([operation(), operation()]) }
        #expect(error?.code == .invalidConfiguration)
    }

    @Test func twoOperationsAtOneRouteAreRefused() throws {
        let route = Route(.get, "/greet/{name}")
        let error = #expect(throws: HearthError.self) {
            try OperationRegistry([operation("a", routes: [route]), operation("b", routes: [route])])
        }
        #expect(error?.code == .invalidConfiguration)
        #expect(throws: HearthError.self) { try OperationRegistry([operation("a", routes: [route, route])]) }
        _ = try OperationRegistry([
            operation("a", routes: [route]), operation("b", routes: [Route(.post, "/greet/{name}")]),
        ])
    }

    @Test func operationsAreFoundByNameAndKeptInOrder() throws {
        let registry = try OperationRegistry(["c", "a", "b"].map { try operation($0) })
        #expect(registry.operations.map(\.name) == ["c", "a", "b"])
        #expect(registry["a"]?.name == "a")
        #expect(registry["d"] == nil)
    }

    @Test func anOperationAnswersWhatItsTypesSay() async throws {
        let operation = try operation()
        #expect(try await call(operation, ["name": "Ada"]) == ["text": "hello Ada"])
        #expect(try await call(operation, ["name": "Ada", "times": 2]) == ["text": "hello Ada, hello Ada"])
        #expect(operation.inputSchema["required"] == ["name"])
        #expect(operation.inputSchema["properties"]?["times"]?["maximum"] == 3)
        #expect(operation.outputSchema["properties"]?["text"] == ["type": "string"])
    }

    @Test(
        arguments: [
            ([:], "`name` is required."), (["name": 1], "`name` must be a string."),
            (["name": "Ada", "times": 4], "`times` must be between 1 and 3."), ("Ada", "an object"),
        ] as [(JSONValue, String)])
    func anInputThatDoesNotFitIsRefusedInWords(input: JSONValue, words: String) async throws {
        let operation = try operation()
        let error = await refusal { try await call(operation, input) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test func whoMayNotCallIsRefusedBeforeAnythingIsRead() async throws {
        for needed in Permission.allCases {
            let operation = try operation(permission: needed)
            for granted in Permission.allCases {
                if granted >= needed {
                    #expect(try await call(operation, ["name": "A"], permission: granted) == ["text": "hello A"])
                } else {
                    #expect(await refusal { try await call(operation, [:], permission: granted) }?.code == .forbidden)
                }
            }
        }
    }

    @Test func aRequiredAttachmentIsAskedForInEveryForm() async throws {
        let rule = AttachmentRule(field: "image", isRequired: true)
        let required = try operation(attachment: rule)
        let error = await refusal { try await call(required, ["name": "Ada"]) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.hint?.contains("image_base64") == true)
        let attachment = HearthCore.Attachment(bytes: Data([1, 2]))
        #expect(try await call(required, ["name": "Ada"], attachment: attachment) == ["text": "hello Ada with 2"])
        let optional = try operation(attachment: AttachmentRule(field: "image", isRequired: false))
        #expect(try await call(optional, ["name": "Ada"]) == ["text": "hello Ada"])
    }

    @Test func whatIsQueuedRunsInWorkersOnly() async throws {
        let queued = try Operation(
            queued: .init("work", "Works.", permission: .write), plan: JobPlan(lane: .media), input: Greeting.self
        ) { input, lease, _ in JobOutcome(result: .string("\(input.name) \(lease.attempt)")) }
        let registry = try OperationRegistry([queued, operation()])
        #expect(registry.jobHandlers.keys.sorted() == ["work"])
        #expect(await refusal { try await call(queued, ["name": "Ada"], permission: .write) }?.code == .invalidRequest)
        let handler = try #require(registry.jobHandlers["work"])
        func run(_ input: JSONValue) async throws -> JSONValue {
            let lease = JobLease(
                id: .init(jobID: "j", number: 2), tenant: .local, kind: "work", input: input, attempt: 1, crashes: 0,
                worker: "w")
            return try await handler.run(lease, JobProgress()).result ?? .null
        }
        #expect(try await run(["name": "Ada"]) == "Ada 1")
        #expect(await refusal { try await run(["name": "Ada", "times": 0]) }?.code == .invalidRequest)
        #expect(await refusal { try await run([:]) }?.code == .invalidRequest)
    }

    @Test func theLanesOfARegistryAreThoseThatItsPlansName() throws {
        func queued(_ name: String, _ lane: Lane) throws -> HearthCore.Operation {
            try Operation(
                queued: .init(name, "Works.", permission: .write), plan: JobPlan(lane: lane), input: Greeting.self
            ) { _, _, _ in JobOutcome() }
        }
        let own = Lane("transcode", capacity: 2, role: .media)
        let registry = try OperationRegistry([
            queued("a", own), queued("b", .embed), queued("c", own), operation(),
        ])
        #expect(registry.lanes == [.embed, own])
        #expect(throws: HearthError.self) {
            try OperationRegistry([queued("a", own), queued("b", Lane("transcode", capacity: 3, role: .media))])
        }
    }

    @Test(
        arguments: [
            ("/", []), ("/a/b", []), ("/a/{x}/b/{y_z}", ["x", "y_z"]), ("/{x}", ["x"]), ("/a{x}/{y}b", []),
        ] as [(String, [String])])
    func theNamesInBracesOfARouteAreItsParameters(path: String, names: [String]) {
        #expect(Route(.get, path).parameters == names)
    }
}
