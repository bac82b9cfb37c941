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
    private let cancellations = MCPCancellations()

    /// Reads the pictures that calls name.
    typealias PictureReader = @Sendable (_ path: String) async throws -> Data

    /// Takes a message for the client.
    private typealias Take = @Sendable (_ message: Data) async -> Void

    /// What takes longer than reading a message.
    private struct Work: Sendable {
        /// Whether it lasts as long as a resource is followed; other work ends with an answer.
        var follows = false
        let run: @Sendable () async -> Void
    }

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
                        for work in await begin(value, lines) { group.addTask { await work.run() } }
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
    /// - Returns: what takes longer; all of it can be cancelled by the next message.
    private func begin(_ value: JSONValue, _ lines: StandardLines) async -> [Work] {
        if let messages = value.arrayValue { return await begin(batch: messages, lines) }
        let step = connection.withLock { $0.take(value) }
        return await begin(step, lines) { await lines.write($0) }.map { [$0] } ?? []
    }

    private func begin(_ step: MCPConnection.Step, _ lines: StandardLines, _ take: @escaping Take) async -> Work? {
        switch step {
        case .nothing: return nil
        case .reply(let reply):
            await take(reply.encoded())
            return nil
        case .cancel(let id):
            cancellations.cancel(Self.key(id))
            return nil
        case .unfollow(let uri, let reply):
            cancellations.cancel(uri.text)
            await take(reply.encoded())
            return nil
        case .follow(let uri, let reply):
            await take(reply.encoded())
            let place = cancellations.open(uri.text)
            return Work(follows: true) { await cancellations.run(place) { await follow(uri, lines) } }
        case .forward(let request):
            // From now on, not from when its task begins: the client may cancel it in its next message.
            let place = cancellations.open(Self.key(request.id))
            return Work {
                await cancellations.run(place) { await answer(request, take) }
                connection.withLock { $0.end(request.id) }
            }
        }
    }

    private static func key(_ id: MCPRequestID) -> String { "request \(id.json.encodedText())" }

    /// Several messages as one array; their answers come as one too, when the last of them is there.
    private func begin(batch: [JSONValue], _ lines: StandardLines) async -> [Work] {
        guard connection.withLock({ $0.version.hasBatches }), (1...Limits.mcpBatch).contains(batch.count) else {
            let problem = "A message is a JSON object; a batch, which only 2025-03-26 has, has 1 to \(Limits.mcpBatch)."
            await write(connection.withLock { $0.refusal(.invalidRequest(problem)) }, lines)
            return []
        }
        let replies = Locked<[JSONValue]>([])
        let take: Take = { message in
            guard let value = try? JSONParser.read(message) else { return }
            // What is told meanwhile does not wait for the answers.
            if value["method"] != nil { return await lines.write(message) }
            replies.withLock { $0.append(value) }
        }
        var works: [Work] = []
        for value in batch {
            let step = connection.withLock { $0.take(value) }
            if let work = await begin(step, lines, take) { works.append(work) }
        }
        let answering = works.filter { !$0.follows }
        let answer = Work {
            await withDiscardingTaskGroup { group in
                for work in answering { group.addTask { await work.run() } }
            }
            let all = replies.withLock { $0 }
            if !all.isEmpty { await write(.array(all), lines) }
        }
        return works.filter(\.follows) + [answer]
    }

    // MARK: Server

    private func answer(_ request: MCPRequest, _ take: Take) async {
        do {
            let (sent, picture) = try await picture(of: request)
            try await forwarder.send(sent, with: picture, tools.repetition(of: request), take)
        } catch is CancellationError {
            // An answer that is not wanted any more is not sent.
        } catch {
            guard !Task.isCancelled else { return }
            let shown =
                error as? HearthError ?? HearthError(.internalError, "The call could not be passed on.", cause: error)
            await take(request.failed(shown).encoded())
        }
    }

    /// Reads the file that a call names by its path; it goes with the call, which names it no longer: the server may be
    /// of another user, or on another machine.
    private func picture(of request: MCPRequest) async throws -> (MCPRequest, Data?) {
        guard request.method == "tools/call", let name = request.params["name"]?.stringValue,
            tools[name]?.takesPicture == true, var arguments = request.params["arguments"]?.objectValue,
            case .path(let path) = try MCPPictureSource.take(from: &arguments)
        else { return (request, nil) }
        let picture = try await pictures(path)
        var params = request.params
        params["arguments"] = .object(arguments)
        return (request.with(params: params), picture)
    }

    /// Tells of a resource's changes, as the first era does, also after the server was replaced.
    private func follow(_ uri: MCPResourceURI, _ lines: StandardLines) async {
        let request = MCPRequest.listen(to: uri, id: "hearth \(uri.text)")
        while !Task.isCancelled {
            try? await forwarder.send(request, .byCaller) { message in
                guard let value = try? JSONParser.read(message),
                    value["method"] == "notifications/resources/updated"
                else { return }
                await write(MCPReply.updated(uri.text, subscription: nil), lines)
            }
            try? await Task.sleep(for: .seconds(1))
        }
    }
}
