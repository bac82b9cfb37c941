package import HearthCore
import HearthHTTP
import HearthJSON
import Logging
import NIOCore

/// Who calls a method of the protocol, and where to say how far it is.
package struct MCPCaller: Sendable {
    package let principal: Principal
    let requestID: String
    /// Where the caller finds this server: `http://127.0.0.1:8420`.
    let base: String
    let start: ContinuousClock.Instant
    let logger: Logger
    let reserve: @Sendable (_ bytes: Int) throws(HearthError) -> Void
    /// A picture that has come with the message; the call that it is for names none.
    var picture: ByteBuffer?
    /// Sends a notification that belongs to the call; it goes on when that was taken.
    let notify: @Sendable (JSONValue) async -> Void

    var tenant: Tenant { principal.tenant }

    /// Whether it is the person whose machine this is: the files of the server's own user are open to no other.
    var isOwner: Bool { principal.keyID == nil && principal.tenant == .local && principal.permission >= .write }
}

/// Runs operations as tools.
struct MCPToolCalls: Sendable {
    let registry: OperationRegistry
    let pictures: MCPPictures

    /// Runs a tool; whatever goes wrong in it becomes a result that a model can read.
    /// - Throws: `CancellationError` when the caller has left.
    func run(_ tool: MCPTool, _ arguments: JSONObject, _ request: MCPRequest, _ caller: MCPCaller) async throws
        -> Result<JSONValue, HearthError>
    {
        do {
            let value = try await answer(tool, arguments, request, caller)
            await log(.info, "The tool \(tool.name) has answered.", request, caller)
            return .success(Self.absolute(value, base: caller.base))
        } catch let error as CancellationError {
            throw error
        } catch {
            let shown = Self.shown(error, of: tool, caller)
            await log(.error, "The tool \(tool.name) has failed: \(shown.message)", request, caller)
            return .failure(shown)
        }
    }

    private func answer(
        _ tool: MCPTool, _ arguments: JSONObject, _ request: MCPRequest, _ caller: MCPCaller
    ) async throws -> JSONValue {
        try registry.authorize(caller.principal, for: tool.operation)
        var arguments = arguments
        let taken = try await picture(for: tool, &arguments, caller)
        // A call that is refused leaves its upload to the next one.
        defer { withExtendedLifetime(taken?.claim) {} }
        let progress = Locked(MCPProgress())
        let sink = request.progressToken.map { token in
            ReportSink<ProgressReport> { report in
                guard let step = progress.withLock({ $0.next(report, at: .now) }) else { return }
                await caller.notify(MCPReply.progress(step, token: token, in: request.version))
            }
        }
        let context = OperationContext(
            principal: caller.principal, requestID: caller.requestID,
            deadline: caller.start + tool.operation.deadline, attachment: taken.map { .image($0.image) },
            progress: sink ?? .dropped, logger: caller.logger, reserve: caller.reserve)
        let accepted = try await registry.begin(tool.operation, input: .object(arguments), context: context)
        taken?.claim?.use()
        return try await accepted.finished().value
    }

    /// The picture of a call, and its name taken out of the arguments; nil when the tool takes none, or need not have
    /// one.
    private func picture(
        for tool: MCPTool, _ arguments: inout JSONObject, _ caller: MCPCaller
    ) async throws -> MCPPictures.Taken? {
        guard tool.takesPicture else {
            guard caller.picture == nil else { throw HearthError(.invalidRequest, "\(tool.name) takes no picture.") }
            return nil
        }
        let source = try MCPPictureSource.take(from: &arguments)
        if let sent = caller.picture {
            guard source == nil else { throw MCPPictureSource.ambiguous }
            return MCPPictures.Taken(image: try InspectedImage(Picture(sharing: sent)))
        }
        guard let source else {
            if tool.operation.attachment?.isRequired == true { throw MCPPictureSource.missing }
            return nil
        }
        return try await pictures.picture(source, for: caller, deadline: caller.start + tool.operation.deadline)
    }

    private func log(_ level: MCPLogLevel, _ text: String, _ request: MCPRequest, _ caller: MCPCaller) async {
        guard let wanted = request.logLevel, level.reaches(wanted) else { return }
        await caller.notify(MCPReply.log(level, .string(text)))
    }

    private static func shown(_ error: any Error, of tool: MCPTool, _ caller: MCPCaller) -> HearthError {
        if let error = error as? HearthError { return error }
        caller.logger.error("A tool has failed", metadata: ["tool": "\(tool.name)", "cause": "\(error)"])
        return HearthError(
            .internalError, "Something went wrong inside Hearth.", hint: "The server's log has the cause.", cause: error
        )
    }

    /// Addresses that are relative to the server, as addresses that a client can open.
    static func absolute(_ value: JSONValue, base: String) -> JSONValue {
        switch value {
        case .object(let object):
            var result = JSONObject(minimumCapacity: object.count)
            for member in object.members {
                if member.key == "url" || member.key.hasSuffix("_url"), let path = member.value.stringValue,
                    path.hasPrefix("/")
                {
                    let isSocket = member.key == "websocket_url"
                    result[member.key] = .string((isSocket ? "ws" + base.dropFirst(4) : base) + path)
                } else {
                    result[member.key] = absolute(member.value, base: base)
                }
            }
            return .object(result)
        case .array(let elements): return .array(elements.map { absolute($0, base: base) })
        default: return value
        }
    }
}
