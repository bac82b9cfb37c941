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
        _ name: String = "greet", permission: Permission = .read, routes: [Route] = [], tool: String? = nil,
        aliases: [String] = [], attachment: AttachmentRule? = nil
    ) -> HearthCore.Operation {
        Operation(
            .init(
                name, "Greets.", description: "Says hello.", permission: permission,
                hints: permission == .read ? .reads : .adds, routes: routes, tool: tool, aliases: aliases,
                attachment: attachment),
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
        let registry = try OperationRegistry(["c", "a", "b"].map { operation($0) })
        #expect(registry.operations.map(\.name) == ["c", "a", "b"])
        #expect(registry["a"]?.name == "a")
        #expect(registry["d"] == nil)
    }

    @Test func anOperationAnswersWhatItsTypesSay() async throws {
        let operation = operation()
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
        let operation = operation()
        let error = await refusal { try await call(operation, input) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test func anUnknownFieldIsRefusedAndTheOneThatWasMeantIsNamed() async throws {
        let operation = operation(attachment: .image(isRequired: false))
        let misspelt = await refusal { try await call(operation, ["name": "Ada", "tmies": 2]) }
        #expect(misspelt?.code == .invalidRequest)
        #expect(misspelt?.message == "`tmies` is not a known field.")
        #expect(misspelt?.hint == "Did you mean `times`? Allowed: `name`, `times`, `image_base64`.")
        let foreign = await refusal { try await call(operation, ["name": "Ada", "colour": "red"]) }
        #expect(foreign?.hint == "Allowed: `name`, `times`, `image_base64`.")
        #expect(operation.inputSchema["additionalProperties"] == false)
        #expect(operation.outputSchema["additionalProperties"] == nil, "answers may get fields")
    }

    @Test func whereTheAttachmentIsMissingItsMisspeltNameIsTheError() async throws {
        let operation = operation(attachment: .image(isRequired: true))
        let misspelt = await refusal { try await call(operation, ["name": "Ada", "image_bas64": "AAAA"]) }
        #expect(misspelt?.message == "`image_bas64` is not a known field.")
        #expect(misspelt?.hint?.hasPrefix("Did you mean `image_base64`?") == true)
        let missing = await refusal { try await call(operation, ["name": "Ada"]) }
        #expect(missing?.message == "The image is missing.")
    }

    @Test func otherWordsForAnAttachmentAreKnown() {
        let image = AttachmentRule.image(isRequired: true)
        for word in ["picture", "Photo", "img", "images", "picture_base64", "image-file"] {
            #expect(image.isMeant(by: word), "\(word)")
        }
        for word in ["name", "text", "imagination", ""] { #expect(!image.isMeant(by: word), "\(word)") }
    }

    @Test func aStoredJobMayHaveAFieldThatItsOperationHasNoLonger() async throws {
        let queued = QueuedOperation(
            .init("greet.later", "Greets.", description: "Greets.", permission: .write, hints: .adds),
            plan: JobPlan(lane: .media), input: Greeting.self)
        let operation = Operation(queued) { input, _, _ in JobOutcome(result: .string(input.name)) }
        guard case .queued(let handler, let request) = operation.run else { throw TestFailure() }
        let old: JSONValue = ["name": "Ada", "mood": "good"]
        let error = await #expect(throws: HearthError.self) { try await request(old, .local) }
        #expect(error?.message == "`mood` is not a known field.")
        let lease = JobLease(
            id: .init(jobID: "j", number: 1), tenant: .local, kind: queued.name, input: old, attempt: 1, crashes: 0,
            worker: "w")
        #expect(try await handler.run(lease, JobProgress()).result == "Ada")
    }

    private struct TestFailure: Error {}

    @Test func whoeverMayStartAJobMayEndIt() throws {
        func queued(_ name: String, _ permission: Permission, control: Permission? = nil) -> HearthCore.Operation {
            Operation(
                QueuedOperation(
                    .init(name, "Greets.", description: "Greets.", permission: permission, hints: .adds),
                    plan: JobPlan(lane: .media, control: control), input: Greeting.self)
            ) { _, _, _ in JobOutcome() }
        }
        let registry = try OperationRegistry([
            queued("own", .operate), queued("step", .admin, control: .write), operation("now"),
        ])
        #expect(registry.control(ofJobs: "own") == .operate)
        #expect(registry.control(ofJobs: "step") == .write)
        #expect(registry.control(ofJobs: "now") == nil, "no jobs are made of it")
        #expect(registry.control(ofJobs: "gone") == nil)
    }

    @Test func whoMayNotCallIsRefusedBeforeAnythingIsRead() async throws {
        for needed in Permission.allCases {
            let operation = operation(permission: needed)
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
        let required = operation(attachment: .image(isRequired: true))
        let error = await refusal { try await call(required, ["name": "Ada"]) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.hint?.contains("image_base64") == true)
        let attachment = HearthCore.Attachment.file(Data([1, 2]))
        #expect(try await call(required, ["name": "Ada"], attachment: attachment) == ["text": "hello Ada with 2"])
        let optional = operation(attachment: .image(isRequired: false))
        #expect(try await call(optional, ["name": "Ada"]) == ["text": "hello Ada"])
        #expect(try await call(optional, ["name": "Ada", "image_base64": nil]) == ["text": "hello Ada"])
    }

    /// A GIF of one pixel.
    private static let picture = Data(
        Array("GIF89a".utf8) + [
            1, 0, 1, 0, 0x80, 0, 0, 1, 2, 7, 0, 0, 0, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3B,
        ])

    @Test func base64InAnInputBecomesTheAttachmentAndIsInspectedAndHashed() async throws {
        let seen = Locked<InspectedImage?>(nil)
        let operation = Operation(
            .init(
                "look", "Looks.", description: "Looks.", permission: .read, hints: .reads,
                attachment: .image(isRequired: true)), input: Greeting.self, output: Answer.self
        ) { input, context in
            let image = try context.requireImage()
            seen.withLock { $0 = image }
            return Answer(text: input.name)
        }
        let text = Self.picture.base64EncodedString()
        _ = try await call(operation, ["name": "Ada", "image_base64": .string(text)])
        let image = try #require(seen.withLock { $0 })
        #expect(image.bytes == Self.picture)
        #expect(image.header == ImageHeader(format: .gif, width: 1, height: 1))
        // By sha256sum.
        #expect(image.sha256.hex == "8c754ce1d0d82a63d8e5b7e0b6ce60d027734d206d100abaaf9ed5356ee3c219")
        #expect(operation.inputSchema["properties"]?["image_base64"]?["contentEncoding"] == "base64")

        let cut = Self.picture.dropLast().base64EncodedString()
        let broken = await refusal { try await call(operation, ["name": "Ada", "image_base64": .string(cut)]) }
        #expect(broken?.code == .invalidImage)
        let number = await refusal { try await call(operation, ["name": "Ada", "image_base64": 1]) }
        #expect(number?.code == .invalidRequest)
        let twice = await refusal {
            try await call(
                operation, ["name": "Ada", "image_base64": .string(text)],
                attachment: .image(try InspectedImage(Self.picture)))
        }
        #expect(twice?.code == .invalidRequest)
    }

    @Test func anOperationIsFoundByItsToolNameAndAliases() throws {
        let registry = try OperationRegistry([
            operation("greetings.say", tool: "say_hello", aliases: ["greet_person"]), operation("other"),
        ])
        for name in ["greetings.say", "say_hello", "greet_person"] { #expect(registry[name]?.name == "greetings.say") }
        for tool in ["other", "twice"] {
            let error = #expect(throws: HearthError.self) {
                try OperationRegistry([operation("a", tool: tool, aliases: ["twice"]), operation("other")])
            }
            #expect(error?.code == .invalidConfiguration, "\(tool)")
        }
    }

    @Test(
        arguments: [
            (Permission.read, OperationHints.reads, true), (.read, .adds, false), (.read, .removes, false),
            (.write, .reads, false), (.write, .addsOnce, true), (.admin, .reads, true), (.admin, .replaces, true),
        ])
    func whoWritesIsAskedForMoreThanRead(permission: Permission, hints: OperationHints, isFine: Bool) throws {
        let operation = Operation(
            .init("a", "A.", description: "A.", permission: permission, hints: hints), input: Greeting.self,
            output: Answer.self
        ) { _, _ in Answer(text: "") }
        if isFine {
            _ = try OperationRegistry([operation])
        } else {
            let error = #expect(throws: HearthError.self) { try OperationRegistry([operation]) }
            #expect(error?.code == .invalidConfiguration)
        }
    }

    @Test func reportsReachWhoeverShowsThem() async throws {
        let operation = Operation(
            .init("work", "Works.", description: "Works.", permission: .read, hints: .reads), input: Greeting.self,
            output: Answer.self
        ) { input, context in
            await context.progress.send(ProgressReport(stage: "half", overall: 0.5))
            await context.stream.send(["piece": .string(input.name)])
            return Answer(text: "done")
        }
        let (stages, pieces) = (Locked<[String]>([]), Locked<[JSONValue]>([]))
        let shown = OperationContext(
            principal: .local, requestID: "r", deadline: .now + .seconds(600),
            progress: ReportSink { report in stages.withLock { $0.append(report.stage) } },
            stream: ReportSink { piece in pieces.withLock { $0.append(piece) } }, logger: .quiet)
        let registry = try OperationRegistry([operation])
        #expect(try await registry.call(operation, input: ["name": "Ada"], context: shown) == ["text": "done"])
        #expect(stages.withLock { $0 } == ["half"])
        #expect(pieces.withLock { $0 } == [["piece": "Ada"]])
        // A door that shows nothing gets the same answer.
        #expect(try await call(operation, ["name": "Ada"]) == ["text": "done"])
        #expect(stages.withLock { $0.count } == 1)
    }

    /// Takes jobs and keeps them.
    private final class Desk: JobSubmitter {
        let requests = Locked<[JobRequest]>([])

        func submit(_ request: JobRequest) async throws -> JobTicket {
            requests.withLock { $0.append(request) }
            return JobTicket(jobID: "j", status: "pending", isNew: true)
        }
    }

    private static let work = QueuedOperation(
        .init(
            "work", "Works.", description: "Works.", permission: .write, hints: .adds, aliases: ["work.before"]),
        plan: JobPlan(lane: .media), input: Greeting.self, subject: \.name, identity: { $0.name })

    @Test func aQueuedOperationIsSubmittedFromItsTypedInput() async throws {
        let queued = Operation(Self.work) { _, _, _ in JobOutcome() }
        let desk = Desk()
        let registry = try OperationRegistry([queued], jobs: desk)
        let context = context(permission: .write)
        let ticket = try await registry.call(queued, input: ["name": "Ada", "times": 2], context: context)
        #expect(
            ticket == [
                "job_id": "j", "status": "pending", "is_new": true, "websocket_url": "/ws/j",
                "events_url": "/jobs/j/events",
            ])
        let request = try #require(desk.requests.withLock { $0.first })
        #expect(request.kind == "work")
        #expect(request.input == ["name": "Ada", "times": 2])
        #expect(request.subject == "Ada")
        #expect(request.uniqueKey == "work:Ada")
        #expect(queued.successStatus == 202)
        #expect(queued.outputSchema["properties"]?["websocket_url"] != nil)
        for input in [["name": "Ada", "times": 4], ["name": "Ada", "unknown": 1], [:]] as [JSONValue] {
            let error = await refusal { try await registry.call(queued, input: input, context: context) }
            #expect(error?.code == .invalidRequest)
        }
        let reader = self.context(permission: .read)
        let error = await refusal { try await registry.call(queued, input: ["name": "Ada"], context: reader) }
        #expect(error?.code == .forbidden)
        #expect(desk.requests.withLock { $0.count } == 1)
    }

    @Test func aQueuedOperationTakesNoAttachment() throws {
        let queued = QueuedOperation(
            .init(
                "work", "Works.", description: "Works.", permission: .write, hints: .adds,
                attachment: .image(isRequired: true)), plan: JobPlan(lane: .media), input: Greeting.self)
        let error = #expect(throws: HearthError.self) {
            try OperationRegistry([Operation(queued) { _, _, _ in JobOutcome() }])
        }
        #expect(error?.code == .invalidConfiguration)
    }

    @Test func whatIsQueuedRunsInWorkersOnly() async throws {
        let queued = Operation(Self.work) { input, lease, _ in
            JobOutcome(result: .string("\(input.name) \(lease.attempt)"))
        }
        let registry = try OperationRegistry([queued, operation()])
        #expect(registry.jobHandlers.keys.sorted() == ["work", "work.before"], "jobs of earlier versions as well")
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
        func queued(_ name: String, _ lane: Lane) -> HearthCore.Operation {
            Operation(
                QueuedOperation(
                    .init(name, "Works.", description: "Works later.", permission: .write, hints: .adds),
                    plan: JobPlan(lane: lane), input: Greeting.self)
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
