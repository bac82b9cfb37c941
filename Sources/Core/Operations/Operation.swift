package import HearthJSON

/// Something Hearth does, declared once by its feature; every door reads the same declaration.
///
/// Its declaration's fields are read as its own: `operation.name`, `operation.routes`.
@dynamicMemberLookup
package struct Operation: Sendable {
    /// When it runs.
    package enum Run: Sendable {
        /// While the caller waits.
        case now(@Sendable (JSONValue, OperationContext) async throws -> OperationAnswer)
        /// Later, in a worker; `request` checks a caller's input, also whether there is what it names, and makes the
        /// job of it.
        case queued(JobHandler, request: @Sendable (JSONValue, Tenant) async throws -> JobRequest)
    }

    /// Name, texts, permission and routes: what doors read.
    package let declaration: Declaration
    /// What a call does.
    package let run: Run
    /// Whether a caller can wait for work that goes on after the answer: doors over HTTP answer 202 when it has not
    /// ended in time.
    package let isAwaitable: Bool
    private let schemas: OperationSchemas

    /// A field of the declaration.
    package subscript<Value>(dynamicMember field: KeyPath<Declaration, Value>) -> Value { declaration[keyPath: field] }

    /// Whether it becomes a job instead of answering its caller.
    package var isQueued: Bool { if case .queued = run { true } else { false } }

    /// JSON Schema of the input, the base64 form of the attachment included; read off the input type at its first use.
    /// Objects have no other fields than it names.
    package var inputSchema: JSONValue { schemas.input }
    /// JSON Schema of the answer; of a queued operation that of ``JobTicket``.
    package var outputSchema: JSONValue { schemas.output }
    /// Checks some of the input's fields by the schema: their bounds and words, and that none is unknown. Fields that
    /// are missing do not matter.
    /// - Throws: ``HearthError`` `invalid_request`.
    package func check(_ fields: JSONObject) throws { try schemas.validate(.object(fields)) }

    /// Whether a field of the input may be left out by no caller.
    package func requires(_ field: String) -> Bool {
        inputSchema["required"]?.arrayValue?.contains(.string(field)) ?? false
    }

    /// Why a schema cannot be read off its type, and notes that fit no field; a test proves that it is nil.
    package var schemaProblem: String? { schemas.problem }

    /// An operation that answers its caller; schema, validation and decoding all come from the Swift types.
    package init<Input: Decodable & Sendable, Output: Codable & Sendable>(
        _ declaration: Declaration, input: Input.Type, output: Output.Type,
        run body: @escaping @Sendable (Input, OperationContext) async throws -> Output
    ) {
        self.init(declaration, isAwaitable: false, waiting: { _, _ in nil }, run: body)
    }

    /// An operation whose work goes on after its answer, in a job; a caller may wait for that.
    /// - Parameter waiting: asked before anything is done.
    package init<Input: Decodable & Sendable, Output: Codable & Sendable>(
        _ declaration: Declaration, input: Input.Type, output: Output.Type,
        waiting: @escaping OperationWaiting<Input, Output>,
        run body: @escaping @Sendable (Input, OperationContext) async throws -> Output
    ) {
        self.init(declaration, isAwaitable: true, waiting: waiting, run: body)
    }

    private init<Input: Decodable & Sendable, Output: Codable & Sendable>(
        _ declaration: Declaration, isAwaitable: Bool, waiting: @escaping OperationWaiting<Input, Output>,
        run body: @escaping @Sendable (Input, OperationContext) async throws -> Output
    ) {
        let schemas = OperationSchemas(Input.self, Output.self, attachment: declaration.attachment)
        self.declaration = declaration
        self.isAwaitable = isAwaitable
        self.schemas = schemas
        run = .now { value, context in
            try schemas.validate(value)
            let input = try JSONValueDecoder.read(Input.self, from: value)
            let wait = try waiting(input, Waiting(tenant: context.tenant, deadline: context.deadline))
            let output = try await body(input, context)
            return try OperationAnswer(output, wait: wait)
        }
    }

    /// An operation that a worker runs. Doors answer 202 and the job's ``JobTicket``.
    /// - Parameter admit: asked before a caller's input becomes a job; throws `not_found` for what the tenant does not
    ///   have. The job itself finds out again: it may be gone by then.
    package init<Input: Codable & Sendable>(
        _ queued: QueuedOperation<Input>,
        admit: @escaping @Sendable (Input, Tenant) async throws -> Void = { _, _ in },
        run body: @escaping @Sendable (Input, JobLease, JobProgress) async throws -> JobOutcome
    ) {
        let schemas = OperationSchemas(Input.self, JobTicket.self, attachment: queued.declaration.attachment)
        declaration = queued.declaration
        isAwaitable = false
        self.schemas = schemas
        run = .queued(
            JobHandler(plan: queued.plan) { lease, progress in
                try schemas.validate(stored: lease.input)
                return try await body(JSONValueDecoder.read(Input.self, from: lease.input), lease, progress)
            },
            request: { value, tenant in
                try schemas.validate(value)
                let input = try JSONValueDecoder.read(Input.self, from: value)
                try await admit(input, tenant)
                return try queued.request(input, tenant: tenant)
            })
    }
}

extension Operation {
    /// How an operation is described to the doors.
    package struct Declaration: Sendable {
        /// `studio.anchors.register`: feature, thing, verb.
        package var name: String
        /// One line for lists.
        package var summary: String
        /// A few sentences for help texts, OpenAPI and language models: what it does beyond the summary, what comes
        /// back, and what follows later.
        package var description: String
        package var permission: Permission
        package var hints: OperationHints
        /// Over HTTP; the first is the canonical one. Empty: only by `POST /api/operations/<name>`.
        package var routes: [Route]
        /// Name as a tool for language models, `register_character_anchor`; nil: it is not offered as a tool.
        package var tool: String?
        /// Other names that it is called by: those of earlier versions and of systems that Hearth replaces.
        package var aliases: [String]
        package var attachment: AttachmentRule?
        /// HTTP status of success: 200 or 201; 202 for all that is queued.
        package var successStatus: Int
        /// Longest JSON body.
        package var bodyBytes: Int
        /// A body up to this is read and answered on the thread of its connection, where other connections wait for it:
        /// the operation takes little processor time then, and never blocks. Nil: none is.
        package var quickBodyBytes: Int?
        /// How long a caller waits at most; doors derive ``OperationContext/deadline`` from it.
        package var deadline: Duration
        /// Makes a page for people of the answer: what a browser gets that asks for `text/html`. Nil: it gets JSON.
        package var page: (@Sendable (JSONValue) throws -> HTMLText)?

        package init(
            _ name: String, _ summary: String, description: String, permission: Permission, hints: OperationHints,
            routes: [Route] = [], tool: String? = nil, aliases: [String] = [], attachment: AttachmentRule? = nil,
            successStatus: Int = 200, bodyBytes: Int = Limits.plainBodyBytes,
            quickBodyBytes: Int? = nil, deadline: Duration = Limits.inferenceDeadline,
            page: (@Sendable (JSONValue) throws -> HTMLText)? = nil
        ) {
            self.name = name
            self.summary = summary
            self.description = description
            self.permission = permission
            self.hints = hints
            self.routes = routes
            self.tool = tool
            self.aliases = aliases
            self.attachment = attachment
            self.successStatus = successStatus
            self.bodyBytes = bodyBytes
            self.quickBodyBytes = quickBodyBytes
            self.deadline = deadline
            self.page = page
        }

        /// Every name that it is found by.
        package var allNames: [String] { [name] + (tool.map { [$0] } ?? []) + aliases }
    }
}
