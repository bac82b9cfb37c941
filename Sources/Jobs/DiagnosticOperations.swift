package import HearthCore
package import HearthJSON

/// Operations that measure Hearth itself.
package struct DiagnosticOperations: Feature {
    private let programs: any ProgramRunner

    /// - Parameter programs: Runs programs in a worker; the front runs none.
    package init(programs: any ProgramRunner = NoPrograms()) { self.programs = programs }

    /// Input of the job that does nothing.
    package struct Nothing: Sendable, Codable {
        package init() {}
    }

    /// Input of `system.program`.
    package struct AskProgram: Sendable, Codable, SchemaDescribed {
        package var program: KnownProgram

        package static let fields = ["program": FieldNote("Which program is looked for.")]
    }

    /// Programs whose presence can be asked for.
    package enum KnownProgram: String, Sendable, Codable, CaseIterable {
        case ffmpeg, ffprobe
    }

    /// A job that does nothing but say when it ran, by the machine's monotonic clock: what remains is the queue's cost.
    package static let noOperation = QueuedOperation(
        .init(
            "system.noop", "Do nothing; measures the queue.",
            description: """
                The job's result says by the machine's monotonic clock when it ran. The time since it was submitted \
                is the cost of the queue.
                """,
            permission: .operate, hints: .adds),
        plan: JobPlan(lane: .media), input: Nothing.self)

    /// A job that says whether a worker can run a program.
    package static let program = QueuedOperation(
        .init(
            "system.program", "Say whether workers find a program, and its version.",
            description: """
                Runs the program in a worker of the role `media` and answers its path and version; `is_available` is \
                false when workers do not find it.
                """,
            permission: .operate, hints: .adds),
        plan: JobPlan(lane: .media, maximumAttempts: 2), input: AskProgram.self)

    /// Both of them.
    package func operations() -> [Operation] {
        [
            Operation(Self.program) { input, _, _ in
                JobOutcome(result: try await version(of: input.program.rawValue))
            },
            Operation(Self.noOperation) { _, _, _ in
                JobOutcome(result: ["ran_at_ns": .int(MonotonicClock.nanoseconds())])
            },
        ]
    }

    /// Runs `<program> -version`.
    private func version(of program: String) async throws -> JSONValue {
        do {
            let result = try await programs.withFolder { folder in
                try await programs.run(ProgramCall(program, ["-version"], timeout: Limits.programVersion), in: folder)
            }
            let line = String(decoding: result.output, as: UTF8.self).split(separator: "\n").first.map(String.init)
            return [
                "program": .string(program), "is_available": .bool(result.status == 0),
                "path": ProgramPath.find(program).map { .string($0) } ?? .null,
                "version": line.map { .string($0) } ?? .null,
            ]
        } catch let failure as JobFailure where failure.code == "program_missing" {
            return ["program": .string(program), "is_available": false, "path": .null, "version": .null]
        }
    }
}
