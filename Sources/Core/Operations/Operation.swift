package import HearthJSON

/// Something Hearth does, declared once by its feature; every door reads the same declaration.
package struct Operation: Sendable {
    /// When it runs.
    package enum Run: Sendable {
        /// While the caller waits.
        case now(@Sendable (JSONValue, OperationContext) async throws -> JSONValue)
        /// Later, in a worker.
        case queued(JobHandler)
    }

    /// `studio.anchors.register`.
    package let name: String
    /// One line for lists and help.
    package let summary: String
    package let permission: Permission
    /// Over HTTP; the first is the canonical one. Empty: only as a job or by `hearth call`.
    package let routes: [Route]
    package let attachment: AttachmentRule?
    /// HTTP status of success: 200, 201 or 204.
    package let successStatus: Int
    /// Longest JSON body.
    package let bodyBytes: Int
    package let inputSchema: JSONValue
    package let outputSchema: JSONValue
    /// Notes of the input that fit no field of it; always empty, as a test proves.
    package let strayNotes: [String]
    package let run: Run
}

extension Operation {
    /// How an operation is described to the doors.
    package struct Declaration: Sendable {
        package var name: String
        package var summary: String
        package var permission: Permission
        package var routes: [Route]
        package var attachment: AttachmentRule?
        package var successStatus: Int
        package var bodyBytes: Int

        package init(
            _ name: String, _ summary: String, permission: Permission, routes: [Route] = [],
            attachment: AttachmentRule? = nil, successStatus: Int = 200, bodyBytes: Int = Limits.plainBodyBytes
        ) {
            self.name = name
            self.summary = summary
            self.permission = permission
            self.routes = routes
            self.attachment = attachment
            self.successStatus = successStatus
            self.bodyBytes = bodyBytes
        }
    }

    /// An operation that answers its caller; schema, validation and decoding all come from the Swift types.
    package init<Input: Decodable & Sendable, Output: Codable & Sendable>(
        _ declaration: Declaration, input: Input.Type, output: Output.Type,
        run body: @escaping @Sendable (Input, OperationContext) async throws -> Output
    ) throws {
        let (schema, outputSchema) = (try JSONSchema(Input.self), try JSONSchema(Output.self))
        self.init(
            declaration, input: schema, output: outputSchema,
            run: .now { value, context in
                try schema.check(value)
                let output = try await body(JSONValueDecoder.read(Input.self, from: value), context)
                return try JSONValueEncoder.encode(output)
            })
    }

    /// An operation that a worker runs.
    package init<Input: Decodable & Sendable>(
        queued declaration: Declaration, plan: JobPlan, input: Input.Type,
        run body: @escaping @Sendable (Input, JobLease, JobProgress) async throws -> JobOutcome
    ) throws {
        let schema = try JSONSchema(Input.self)
        self.init(
            declaration, input: schema, output: nil,
            run: .queued(
                JobHandler(plan: plan) { lease, progress in
                    try schema.check(lease.input)
                    return try await body(JSONValueDecoder.read(Input.self, from: lease.input), lease, progress)
                }))
    }

    private init(_ declaration: Declaration, input: JSONSchema, output: JSONSchema?, run: Run) {
        name = declaration.name
        summary = declaration.summary
        permission = declaration.permission
        routes = declaration.routes
        attachment = declaration.attachment
        successStatus = declaration.successStatus
        bodyBytes = declaration.bodyBytes
        inputSchema = input.json
        outputSchema = output?.json ?? .null
        strayNotes = input.strayNotes + (output?.strayNotes ?? [])
        self.run = run
    }
}
