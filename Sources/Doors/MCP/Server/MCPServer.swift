package import HearthCore
import HearthJSON
package import HearthJobs

import struct Foundation.Data

/// The server's side of the protocol, for any transport: requests in, results out.
///
/// It keeps nothing between requests. What a client follows is a request of its own, which lasts as long as its client
/// listens.
package struct MCPServer: Sendable {
    /// What it stands on.
    package struct Parts: Sendable {
        package let registry: OperationRegistry
        package let files: StoredFiles
        package let uploads: UploadTable
        package let hub: EventHub?
        package let clock: any WallClock
        /// The folders of the server's own user; nil: none of its files are read.
        package var local: (any LocalPictures)?
        /// Nil: nothing is fetched from addresses.
        package var fetcher: (any PictureFetcher)?

        package init(
            registry: OperationRegistry, files: StoredFiles, uploads: UploadTable, hub: EventHub?,
            clock: any WallClock
        ) {
            self.registry = registry
            self.files = files
            self.uploads = uploads
            self.hub = hub
            self.clock = clock
        }
    }

    let declarations: MCPDeclarations
    let resources: MCPResources
    let subscriptions: MCPSubscriptions
    private let parts: Parts
    var registry: OperationRegistry { parts.registry }
    private let calls: MCPToolCalls
    private let questions: MCPQuestions
    private let tasks: MCPTasks
    private let completion: MCPCompletion

    package init(_ parts: Parts) {
        self.parts = parts
        let pictures = MCPPictures(uploads: parts.uploads, local: parts.local, fetcher: parts.fetcher)
        declarations = MCPDeclarations(parts.registry, over: .http)
        resources = MCPResources(registry: parts.registry, files: parts.files, pictures: pictures)
        subscriptions = MCPSubscriptions(resources: resources, hub: parts.hub)
        calls = MCPToolCalls(registry: parts.registry, pictures: pictures)
        questions = MCPQuestions(resources: resources, state: MCPQuestionState(clock: parts.clock))
        tasks = MCPTasks(resources: resources)
        completion = MCPCompletion(resources: resources)
    }

    /// The result of a request; all but that of `subscriptions/listen`.
    /// - Throws: ``MCPError``; `CancellationError` when the caller has left.
    func answer(_ request: MCPRequest, for caller: MCPCaller) async throws -> MCPResult {
        do {
            if let declared = try declarations.answer(request) { return declared }
            return try await answerLive(request, for: caller)
        } catch let error as HearthError {
            throw MCPError(error)
        }
    }

    private func answerLive(_ request: MCPRequest, for caller: MCPCaller) async throws -> MCPResult {
        switch request.method {
        case "tools/call": return try await call(request, for: caller)
        case "resources/list":
            let cursor = request.params["cursor"].flatMap { $0.isNull ? nil : $0 }
            guard cursor == nil || cursor?.stringValue != nil else {
                throw MCPError.invalidParameters("`cursor` must be a string.")
            }
            return try await resources.list(cursor: cursor?.stringValue, for: caller)
        case "resources/read": return try await resources.read(Self.uri(try request.text("uri")), for: caller)
        case "completion/complete": return try await completion.complete(request, for: caller)
        case "tasks/get", "tasks/update", "tasks/cancel":
            guard !request.version.hasHandshake else { throw MCPError.unknownMethod(request.method) }
            return try await tasks.answer(request, caller)
        default: throw MCPError.unknownMethod(request.method)
        }
    }

    /// - Throws: ``MCPError`` for an address that names nothing of Hearth's.
    static func uri(_ text: String) throws(MCPError) -> MCPResourceURI {
        guard let uri = MCPResourceURI(text) else {
            throw .invalidParameters(
                "There is no such resource. `resources/templates/list` says what addresses look like.",
                data: ["uri": .string(String(text.prefix(200)))])
        }
        return uri
    }

    // MARK: Tools

    private func call(_ request: MCPRequest, for caller: MCPCaller) async throws -> MCPResult {
        let name = try request.text("name")
        guard let tool = declarations.tools[name] else {
            throw MCPError.invalidParameters("There is no tool \(name.prefix(80)). `tools/list` lists them.")
        }
        var arguments = try request.object("arguments")
        switch try await questions.answer(request, tool, arguments, caller) {
        case .call(let answered): arguments = answered
        case .refused:
            let refusal = HearthError(.conflict, "The user does not want this call.")
            return MCPToolResult(refusal, next: "Ask the user what to do instead.").result(in: request.version)
        case nil: break
        }
        switch try await calls.run(tool, arguments, request, caller) {
        case .success(let value):
            if let task = try await tasks.task(for: value, of: tool, request, caller) { return task }
            return try await result(value, of: tool, caller).result(in: request.version)
        case .failure(let error):
            if let asked = await questions.ask(after: error, request, tool, arguments, caller) { return asked }
            let next = MCPNextStep.after(name, error, arguments: arguments)
            return MCPToolResult(error, next: next).result(in: request.version)
        }
    }

    /// An answer with the picture that it is about, when it is about one.
    private func result(_ value: JSONValue, of tool: MCPTool, _ caller: MCPCaller) async throws -> MCPToolResult {
        var result = MCPToolResult(value, next: MCPNextStep.after(tool.name, value))
        guard tool.name == "get_output", let id = value["output_id"]?.stringValue else { return result }
        let fileID = MCPResources.fileID(of: value) ?? id
        // An output that is still being made has no file.
        guard let file = try? await parts.files.find(fileID, of: caller.tenant) else { return result }
        let name = file.path.split(separator: "/").last.map(String.init) ?? id
        result.link = MCPToolResult.Link(
            uri: MCPResourceURI.output(id).text, name: name, mediaType: file.mediaType, bytes: file.bytes)
        if let shown = try await preview(of: file, fileID, caller) {
            try caller.reserve(shown.bytes * 3)
            let bytes = try await parts.files.read(shown, limit: Limits.mcpPreviewBytes)
            result.picture = MCPToolResult.Shown(base64: bytes.base64EncodedString(), mediaType: shown.mediaType)
        }
        return result
    }

    /// The file itself when it is a picture that is short enough, else its small picture; nil when there is neither.
    private func preview(of file: StoredFile, _ id: String, _ caller: MCPCaller) async throws -> StoredFile? {
        func isShown(_ file: StoredFile) -> Bool {
            file.mediaType.hasPrefix("image/") && file.bytes <= Limits.mcpPreviewBytes
        }
        if isShown(file) { return file }
        return try await parts.files.thumbnail(id, of: caller.tenant).flatMap { isShown($0) ? $0 : nil }
    }
}
