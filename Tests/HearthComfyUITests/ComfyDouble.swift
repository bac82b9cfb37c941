import HearthCore
import HearthJSON
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

import struct Foundation.Data

/// A server that answers as ComfyUI does, over real sockets, and replays what the real one was recorded to say.
///
/// A prompt runs as soon as it is submitted, unless the script holds it: then it waits or runs until a test says
/// ``play(_:)``. What the real server does in another order on another day is said by the script.
final class ComfyDouble: Sendable {
    /// What this server does otherwise than in the best case.
    struct Script: Sendable {
        /// The recording that prompts follow.
        var recording = "txt2img"
        /// Prompts stay where they are until a test plays them.
        var holds: Hold?
        /// Reads of the history that find nothing after the server has said that a prompt has ended: it runs until
        /// its history is written.
        var emptyHistoryReads = 0
        /// The WebSocket is refused.
        var refusesSockets = false
        /// The WebSocket is cut after so many messages of a prompt, and the prompt goes on.
        var cutsSocketAfter: Int?
        /// Submissions are refused by these words.
        var refusal: JSONValue?
        /// The answer to a submission is not sent, though the prompt is taken.
        var losesSubmission = false
        /// Files that `GET /view` sends, by their names; another name gets ``picture``.
        var files: [String: Data] = [:]
        /// Answers by path, in place of the usual ones.
        var answers: [String: Answer] = [:]
        /// Classes that the server does not have.
        var missing: Set<String> = []
        /// Prompts of others in the queue.
        var others = 0
    }

    enum Hold: Sendable { case pending, running }

    struct Answer: Sendable {
        var status: HTTPResponseStatus = .ok
        var body: Data
        /// The connection is closed after so many bytes of the body; -1: before the head.
        var cutAfter: Int?
        /// Nothing is ever said.
        var isSilent = false
        /// The length that is announced, when it is another than that of the body.
        var length: Int?
        var type = "application/json"

        static func json(_ value: JSONValue, _ status: HTTPResponseStatus = .ok) -> Answer {
            Answer(status: status, body: value.encoded())
        }

        static let silent = Answer(body: Data(), isSilent: true)

        static func text(_ text: String, _ status: HTTPResponseStatus = .ok) -> Answer {
            Answer(status: status, body: Data(text.utf8))
        }
    }

    struct Request: Sendable {
        var method: HTTPMethod
        var path: String
        var query: String
        var body: Data
        var json: JSONValue { (try? PythonText.read(body)) ?? .null }
    }

    private struct Prompt {
        var id: String
        var client: String
        var graph: JSONValue
        var isRunning: Bool
    }

    private struct State {
        var script: Script
        var queue: [Prompt] = []
        var history: [String: JSONValue] = [:]
        /// Entries that readers do not find yet, with the reads that are still in vain.
        var unwritten: [String: (reads: Int, entry: JSONValue)] = [:]
        var sockets: [String: any Channel] = [:]
        var requests: [Request] = []
        var sent = 0
    }

    private let state: Locked<State>
    private let channel: any Channel
    /// The picture that prompts make, unless the script has another.
    let picture: Data

    let url: String

    init(_ script: Script = Script(), port: Int = 0) async throws {
        let state = Locked(State(script: script))
        self.state = state
        let picture = try Recording.picture()
        self.picture = picture
        let core = ComfyDoubleCore(
            answer: { request in Self.answer(request, state, picture) },
            opened: { client, channel in Self.opened(client, channel, state) })
        channel = try await core.start(port: port) { state.withLock { $0.script.refusesSockets } }
        url = "http://127.0.0.1:\(channel.localAddress?.port ?? 0)"
    }

    var port: Int { channel.localAddress?.port ?? 0 }

    /// Closes the port and all that is open.
    func stop() async {
        try? await channel.close().get()
        for socket in state.withLock({ Array($0.sockets.values) }) { try? await socket.close().get() }
    }

    // MARK: What a test says

    func change(_ body: (inout Script) -> Void) { state.withLock { body(&$0.script) } }

    /// As after a restart: queue and history are empty.
    func forgetEverything() { state.withLock { ($0.queue, $0.history, $0.unwritten) = ([], [:], [:]) } }

    /// Moves a held prompt on: from waiting to running.
    func begin(_ id: String) {
        state.withLock { state in
            for place in state.queue.indices where state.queue[place].id == id { state.queue[place].isRunning = true }
        }
    }

    /// Lets a held prompt run to its end.
    func play(_ id: String) { Self.play(id, state) }

    func cutSockets() async {
        for socket in state.withLock({ Array($0.sockets.values) }) { try? await socket.close().get() }
    }

    /// Sends a message to the client of a prompt, whatever it is.
    func say(_ text: String, to client: String) {
        guard let socket = state.withLock({ $0.sockets[client] }) else { return }
        Self.send(.text, ByteBuffer(string: text), to: socket)
    }

    // MARK: What a test asks

    var requests: [Request] { state.withLock { $0.requests } }
    var submissions: [Request] { requests.filter { $0.method == .POST && $0.path == "/prompt" } }
    var queued: [String] { state.withLock { $0.queue.map(\.id) } }
    func count(_ method: HTTPMethod, _ path: String) -> Int {
        requests.count { $0.method == method && $0.path.hasPrefix(path) }
    }
    func isListening(_ client: String) -> Bool { state.withLock { $0.sockets[client] != nil } }

    // MARK: Answers

    private static func answer(_ request: Request, _ state: Locked<State>, _ picture: Data) -> Answer {
        let given = state.withLock { state in
            state.requests.append(request)
            return state.script.answers[request.path]
        }
        if let given { return given }
        switch (request.method, request.path) {
        case (.GET, "/prompt"):
            let count = state.withLock { $0.queue.count + $0.script.others }
            return .json(["exec_info": ["queue_remaining": .int(Int64(count))]])
        case (.POST, "/prompt"): return submit(request, state)
        case (.GET, "/queue"): return queue(state)
        case (.POST, "/queue"):
            let ids = Set((request.json["delete"]?.arrayValue ?? []).compactMap(\.stringValue))
            state.withLock { $0.queue.removeAll { !$0.isRunning && ids.contains($0.id) } }
            return .text("")
        case (.POST, "/interrupt"):
            interrupt(request.json["prompt_id"]?.stringValue, state)
            return .text("")
        case (.POST, "/history"):
            for id in (request.json["delete"]?.arrayValue ?? []).compactMap(\.stringValue) {
                state.withLock { $0.history[id] = nil }
            }
            return .text("")
        case (.POST, "/upload/image"): return upload(request)
        case (.GET, "/view"):
            let name = request.query.split(separator: "&").first { $0.hasPrefix("filename=") }?.dropFirst(9)
            let file = state.withLock { $0.script.files[name.map { String($0) }?.removingPercentEncoding ?? ""] }
            return Answer(body: file ?? picture, type: "image/png")
        case (.GET, "/system_stats"): return .json(["system": ["comfyui_version": "0.3.64"]])
        default: return named(request, state)
        }
    }

    private static func named(_ request: Request, _ state: Locked<State>) -> Answer {
        if let id = tail(of: request.path, behind: "/history/") { return history(id, state) }
        if let name = tail(of: request.path, behind: "/object_info/") {
            let isMissing = state.withLock { $0.script.missing.contains(name) }
            return isMissing ? .json([:]) : .text((try? Recording.nodes(name)) ?? "{}")
        }
        return .text("404: Not Found", .notFound)
    }

    private static func tail(of path: String, behind prefix: String) -> String? {
        path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : nil
    }

    private static func submit(_ request: Request, _ state: Locked<State>) -> Answer {
        if let refusal = state.withLock({ $0.script.refusal }) { return .json(refusal, .badRequest) }
        let body = request.json
        let id = body["prompt_id"]?.stringValue ?? ""
        let hold = state.withLock { state in
            state.queue.append(
                Prompt(
                    id: id, client: body["client_id"]?.stringValue ?? "", graph: body["prompt"] ?? .null,
                    isRunning: state.script.holds != .pending))
            return state.script.holds
        }
        if hold == nil { play(id, state) }
        var answer = Answer.json(["prompt_id": .string(id), "number": 1, "node_errors": [:]])
        if state.withLock({ $0.script.losesSubmission }) { answer.cutAfter = -1 }
        return answer
    }

    private static func queue(_ state: Locked<State>) -> Answer {
        let (prompts, others) = state.withLock { ($0.queue, $0.script.others) }
        func entry(_ number: Int, _ id: String) -> JSONValue { [.int(Int64(number)), .string(id), [:], [:], []] }
        let before = (0..<others).map { entry($0, "other-\($0)") }
        let ours = prompts.enumerated().map { (entry(others + $0.offset, $0.element.id), $0.element.isRunning) }
        return .json([
            "queue_running": .array(Array(before.prefix(1)) + ours.filter(\.1).map(\.0)),
            "queue_pending": .array(Array(before.dropFirst()) + ours.filter { !$0.1 }.map(\.0)),
        ])
    }

    private static func history(_ id: String, _ state: Locked<State>) -> Answer {
        let entry = state.withLock { state -> JSONValue? in
            guard let unwritten = state.unwritten[id] else { return state.history[id] }
            guard unwritten.reads == 0 else {
                state.unwritten[id] = (unwritten.reads - 1, unwritten.entry)
                return nil
            }
            state.unwritten[id] = nil
            state.queue.removeAll { $0.id == id }
            state.history[id] = unwritten.entry
            return unwritten.entry
        }
        return .json(entry.map { [id: $0] } ?? [:])
    }

    private static func upload(_ request: Request) -> Answer {
        let head = String(decoding: request.body.prefix(1_000), as: UTF8.self)
        guard let name = head.firstMatch(of: #/filename="([^"]+)"/#)?.1, head.contains("temp") else {
            return .text("", .badRequest)
        }
        return .json(["name": .string(String(name)), "subfolder": "hearth", "type": "temp"])
    }

    // MARK: Prompts

    /// Replays the recording of a prompt: messages, and the history in the place where the real server writes it.
    private static func play(_ id: String, _ state: Locked<State>) {
        let (prompt, name) = state.withLock { state in (state.queue.first { $0.id == id }, state.script.recording) }
        guard let prompt, let recording = try? Recording(name) else { return }
        var count = 0
        for step in recording.steps(id: id) {
            switch step {
            case .text(let text): say(.text, ByteBuffer(string: text), prompt.client, &count, state)
            case .binary(let bytes): say(.binary, ByteBuffer(bytes: bytes), prompt.client, &count, state)
            case .history(let entry): end(id, entry, state)
            }
        }
    }

    /// The entry replaces the prompt in the queue in one step, as in ComfyUI.
    private static func end(_ id: String, _ entry: JSONValue, _ state: Locked<State>) {
        state.withLock { state in
            if state.script.emptyHistoryReads > 0 {
                state.unwritten[id] = (state.script.emptyHistoryReads, entry)
            } else {
                state.queue.removeAll { $0.id == id }
                state.history[id] = entry
            }
        }
    }

    private static func interrupt(_ id: String?, _ state: Locked<State>) {
        guard let id, state.withLock({ $0.queue.contains { $0.id == id && $0.isRunning } }) else { return }
        state.withLock { $0.script.recording = "interrupted" }
        play(id, state)
    }

    // MARK: Sockets

    private static func opened(_ client: String, _ channel: any Channel, _ state: Locked<State>) {
        state.withLock { $0.sockets[client] = channel }
        send(
            .text,
            ByteBuffer(string: #"{"type":"status","data":{"status":{"exec_info":{"queue_remaining":0}},"sid":""}}"#),
            to: channel)
    }

    private static func say(
        _ opcode: WebSocketOpcode, _ data: ByteBuffer, _ client: String, _ count: inout Int, _ state: Locked<State>
    ) {
        let (socket, cut) = state.withLock { ($0.sockets[client], $0.script.cutsSocketAfter) }
        guard let socket else { return }
        if let cut, count == cut {
            socket.close(promise: nil)
            state.withLock { $0.sockets[client] = nil }
        } else {
            send(opcode, data, to: socket)
        }
        count += 1
    }

    private static func send(_ opcode: WebSocketOpcode, _ data: ByteBuffer, to channel: any Channel) {
        channel.writeAndFlush(WebSocketFrame(fin: true, opcode: opcode, data: data), promise: nil)
    }
}
