package import HearthCore
import HearthJSON

/// Operations that measure Hearth itself.
package enum DiagnosticOperations {
    /// Name of the job that does nothing.
    package static let noOperation = "system.noop"
    package static let noOperationPlan = JobPlan(lane: .media)

    /// Input of the job that does nothing.
    private struct Nothing: Sendable, Codable {}

    /// Programs whose presence can be asked for.
    private enum KnownProgram: String, Sendable, Codable, CaseIterable {
        case ffmpeg, ffprobe
    }

    /// Input of `system.program`.
    private struct AskProgram: Sendable, Codable, SchemaDescribed {
        var program: KnownProgram

        static let fields = ["program": FieldNote("Which program is looked for.")]
    }

    /// A job that does nothing but say when it ran, by the machine's monotonic clock: what remains is the queue's cost;
    /// and one that says whether a worker can run a program.
    /// - Parameter programs: Runs programs in a worker; the front needs none.
    package static func all(programs: (any ProgramRunner)? = nil) throws -> [Operation] {
        [
            try Operation(
                queued: .init(
                    "system.program", "Say whether workers find a program, and its version.", permission: .administer),
                plan: JobPlan(lane: .media, maximumAttempts: 2), input: AskProgram.self
            ) { input, _, _ in
                guard let programs else { throw HearthError(.internalError, "This process runs no programs.") }
                return JobOutcome(result: try await version(of: input.program.rawValue, programs))
            },
            try Operation(
                queued: .init(noOperation, "Do nothing; measures the queue.", permission: .administer),
                plan: noOperationPlan, input: Nothing.self
            ) { _, _, _ in
                JobOutcome(result: ["ran_at_ns": .int(MonotonicClock.nanoseconds())])
            },
        ]
    }

    /// Runs `<program> -version`.
    private static func version(of program: String, _ programs: any ProgramRunner) async throws -> JSONValue {
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
