import Foundation
import HearthCore
import HearthDoors
import HearthJSON
import HearthLocalFiles

/// `hearth mcp`: between a client on standard input and output and the server of the data folder.
///
/// It says at once what follows from the program alone, reads the files that calls name, and passes the rest on. It
/// ends with its input; the server, and the jobs that were started, go on.
struct MCPBridge: Sendable {
    private let connection: Locked<MCPConnection>
    private let tools: MCPTools
    private let finder: ServerFinder
    private let forwarder: MCPForwarder
    private let pictures: PictureReader
    /// What ends the work on a request, or on a resource that is followed.
    private let cancels = Locked<[String: AsyncStream<Void>.Continuation]>([:])

    /// Reads the pictures that calls name.
    typealias PictureReader = @Sendable (_ path: String) async throws -> Data

    /// - Throws: ``HearthError`` `invalid_configuration` for a file of certificates that cannot be used.
    init(_ settings: Settings, registry: OperationRegistry) throws {
        let declarations = MCPDeclarations(registry, over: .stdio)
        let threads = BlockingThreads(name: "hearth-files", threads: 2)
        let folders = settings.pictureFolders(threads)
        tools = declarations.tools
        connection = Locked(MCPConnection(declarations))
        finder = ServerFinder(settings, program: try ProgramFiles.server())
        forwarder = try MCPForwarder(settings, finder)
        pictures = { path in try await folders.read(path) }
    }

    /// Serves until the input ends.
    func run(_ lines: StandardLines) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            // The first call does not have to wait for it then.
            group.addTask { _ = try? await finder.url() }
            try await lines.read { line in
                switch line {
                case .tooLong:
                    let error = MCPError.parse("The message is longer than \(Limits.mcpLineBytes) bytes.")
                    await write(connection.withLock { $0.refusal(error) }, lines)
                case .text(let text):
                    do throws(HearthError) {
                        let value = try JSONParser.read(text)
                        if let messages = value.arrayValue {
                            group.addTask { await answer(batch: messages, lines) }
                        } else {
                            let step = connection.withLock { $0.take(value) }
                            if let work = await begin(step, lines) { group.addTask { await work() } }
                        }
                    } catch {
                        await write(connection.withLock { $0.refusal(.parse(error.message)) }, lines)
                    }
                }
            }
            await finder.stop()
            group.cancelAll()
        }
    }

    private func write(_ message: JSONValue, _ lines: StandardLines) async { await lines.write(message.encoded()) }

    // MARK: Steps

    /// Does what is done at once.
    /// - Returns: what takes longer.
    private func begin(_ step: MCPConnection.Step, _ lines: StandardLines) async -> (@Sendable () async -> Void)? {
        switch step {
        case .nothing: return nil
        case .reply(let reply):
            await write(reply, lines)
            return nil
        case .cancel(let id):
            cancels.withLock { $0[Self.key(id)] }?.finish()
            return nil
        case .unfollow(let uri, let reply):
            cancels.withLock { $0[uri.text] }?.finish()
            await write(reply, lines)
            return nil
        case .follow(let uri, let reply):
            await write(reply, lines)
            let cancelled = cancellation(uri.text)
            return { await until(cancelled, uri.text) { await follow(uri, lines) } }
        case .forward(let request):
            let key = Self.key(request.id)
            // From now on, not from when its task begins: the client may cancel it in its next message.
            let cancelled = cancellation(key)
            return {
                await until(cancelled, key) { await answer(request) { message in await lines.write(message) } }
                connection.withLock { $0.end(request.id) }
            }
        }
    }

    private static func key(_ id: MCPRequestID) -> String { "request \(id.json.encodedText())" }

    /// A stream that ends when work is ended by its key.
    private func cancellation(_ key: String) -> AsyncStream<Void> {
        let (stream, cancel) = AsyncStream.makeStream(of: Void.self)
        cancels.withLock { $0[key] = cancel }
        return stream
    }

    /// Runs work until it is done, or cancelled.
    private func until(
        _ cancelled: AsyncStream<Void>, _ key: String, _ work: @escaping @Sendable () async -> Void
    ) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await work() }
            group.addTask { for await _ in cancelled {} }
            await group.next()
            group.cancelAll()
        }
        cancels.withLock { $0[key] = nil }
    }

    /// Several messages as one array; their answers come as one too.
    private func answer(batch: [JSONValue], _ lines: StandardLines) async {
        guard connection.withLock({ $0.version.hasBatches }), (1...Limits.mcpBatch).contains(batch.count) else {
            let problem = "A message is a JSON object; a batch, which only 2025-03-26 has, has 1 to \(Limits.mcpBatch)."
            return await write(connection.withLock { $0.refusal(.invalidRequest(problem)) }, lines)
        }
        let replies = Locked<[JSONValue]>([])
        for value in batch {
            switch connection.withLock({ $0.take(value) }) {
            case .reply(let reply): replies.withLock { $0.append(reply) }
            case .forward(let request):
                await answer(request) { message in
                    guard let reply = try? JSONParser.read(message) else { return }
                    replies.withLock { $0.append(reply) }
                }
                connection.withLock { $0.end(request.id) }
            case let step: if let work = await begin(step, lines) { await work() }
            }
        }
        let all = replies.withLock { $0 }
        if !all.isEmpty { await write(.array(all), lines) }
    }

    // MARK: Server

    private func answer(_ request: MCPRequest, _ take: @Sendable (Data) async -> Void) async {
        do {
            try await forwarder.send(try await sendingPicture(of: request), take)
        } catch is CancellationError {
            // An answer that is not wanted any more is not sent.
        } catch {
            guard !Task.isCancelled else { return }
            let shown =
                error as? HearthError ?? HearthError(.internalError, "The call could not be passed on.", cause: error)
            await take(request.failed(shown).encoded())
        }
    }

    /// Sends the file that a call names by its path ahead, and names it by what the server calls it: the server may be
    /// of another user, or on another machine.
    private func sendingPicture(of request: MCPRequest) async throws -> MCPRequest {
        guard request.method == "tools/call", let name = request.params["name"]?.stringValue,
            tools[name]?.takesPicture == true, var arguments = request.params["arguments"]?.objectValue,
            case .path(let path) = try MCPPictureSource.take(from: &arguments)
        else { return request }
        arguments["upload_id"] = .string(try await forwarder.upload(try await pictures(path)))
        var params = request.params
        params["arguments"] = .object(arguments)
        return request.with(params: params)
    }

    /// Tells of a resource's changes, as the first era does, also after the server was replaced.
    private func follow(_ uri: MCPResourceURI, _ lines: StandardLines) async {
        let request = MCPRequest.listen(to: uri, id: "hearth \(uri.text)")
        while !Task.isCancelled {
            try? await forwarder.send(request) { message in
                guard let value = try? JSONParser.read(message),
                    value["method"] == "notifications/resources/updated"
                else { return }
                await write(MCPReply.updated(uri.text, subscription: nil), lines)
            }
            try? await Task.sleep(for: .seconds(1))
        }
    }
}
