import Foundation
import HearthCore
import HearthJSON

/// The extension `io.modelcontextprotocol/tasks`: a call that starts a job is answered by the job as a task.
///
/// The task's identifier is the job's. So it is stored before the answer, survives the server, and every other door
/// knows it. Only clients that declare the extension get such answers.
struct MCPTasks: Sendable {
    let resources: MCPResources

    static let name = "io.modelcontextprotocol/tasks"
    /// Tools whose answer is of no use until their job has ended.
    private static let tools: Set<String> = ["generate_image", "generate_video_segment"]
    /// How often a client shall ask.
    private static let pollMilliseconds: Int64 = 1_000

    /// The task that stands for an answer; nil when the answer is the result itself.
    func task(for answer: JSONValue, of tool: MCPTool, _ request: MCPRequest, _ caller: MCPCaller) async throws
        -> MCPResult?
    {
        guard !request.version.hasHandshake, request.knows(extension: Self.name), Self.tools.contains(tool.name),
            let id = answer["job_id"]?.stringValue, let job = try await job(id, caller)
        else { return nil }
        return MCPResult(Self.fields(of: job), type: "task")
    }

    /// `tasks/get`, `tasks/update` and `tasks/cancel`.
    /// - Throws: ``MCPError`` when the client does not declare the extension; ``HearthError`` `not_found`.
    func answer(_ request: MCPRequest, _ caller: MCPCaller) async throws -> MCPResult {
        guard request.knows(extension: Self.name) else {
            throw MCPError.missingCapability(
                ["extensions": [Self.name: [:]]], "The client does not declare the extension \(Self.name).")
        }
        let id = try request.text("taskId")
        switch request.method {
        case "tasks/cancel":
            _ = try await resources.call("jobs.cancel", ["job_id": .string(id)], for: caller)
            return MCPResult([:])
        case "tasks/update":
            _ = try await known(id, caller)
            throw MCPError.invalidParameters("The task asks for nothing.")
        default:
            let job = try await known(id, caller)
            var fields = Self.fields(of: job)
            if ["completed", "failed"].contains(job["status"]?.stringValue) {
                fields["result"] = Self.result(of: job, in: request.version)
            }
            return MCPResult(fields)
        }
    }

    private func known(_ id: String, _ caller: MCPCaller) async throws -> JSONValue {
        guard let job = try await job(id, caller) else { throw MCPResources.missing }
        return job
    }

    private func job(_ id: String, _ caller: MCPCaller) async throws -> JSONValue? {
        try await resources.call("jobs.get", ["job_id": .string(id)], for: caller)
    }

    /// What the call would have answered, had it waited.
    private static func result(of job: JSONValue, in version: MCPVersion) -> JSONValue {
        var result = MCPToolResult(job, next: MCPNextStep.after("get_job", job))
        // A tool that has failed is a task that has ended.
        result.isError = job["status"] == "failed"
        return result.result(in: version).json(in: version)
    }

    private static func fields(of job: JSONValue) -> JSONObject {
        let created = job["created_at"]?.integerValue ?? 0
        let changed = job["finished_at"]?.integerValue ?? job["started_at"]?.integerValue ?? created
        let state = job["status"]?.stringValue ?? ""
        let status = ["pending": "working", "in_progress": "working", "failed": "completed"][state] ?? state
        var fields: JSONObject = [
            "taskId": job["job_id"] ?? "", "status": .string(status), "createdAt": .string(moment(created)),
            "lastUpdatedAt": .string(moment(changed)), "ttlMs": .null, "pollIntervalMs": .int(pollMilliseconds),
        ]
        if let message = (job["error_message"] ?? job["stage"])?.stringValue {
            fields["statusMessage"] = .string(message)
        }
        return fields
    }

    /// As ISO 8601 writes it, with milliseconds.
    private static func moment(_ milliseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1_000).formatted(
            .iso8601.year().month().day().time(includingFractionalSeconds: true).timeZone(separator: .omitted))
    }
}
