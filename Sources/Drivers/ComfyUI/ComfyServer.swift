import HearthCore
import HearthHTTPClient
import HearthJSON
import HearthJobs
import HearthWorkflows
import NIOCore
import NIOHTTP1

import struct Foundation.CharacterSet
import struct Foundation.Data

/// One ComfyUI server over HTTP. Only settings name servers, never requests.
///
/// All that comes back is another program's: read up to a limit, and checked before it is used.
struct ComfyServer: Sendable {
    /// As the settings name it, without a slash at its end.
    let url: String
    private let client: HTTPClient

    /// - Throws: ``HearthError`` `invalid_configuration` when it is no `http` or `https` address.
    init(_ text: String, times: ComfyTimes) throws(HearthError) {
        var url = text
        while url.hasSuffix("/") { url.removeLast() }
        guard HTTPAddress(url) != nil, !url.contains(where: { "?#@".contains($0) }) else {
            throw HearthError(
                .invalidConfiguration, "`\(ForeignText.shown(text, limit: 100))` is no address of a ComfyUI server.",
                hint: "Such as http://127.0.0.1:8188; several are separated by commas.")
        }
        self.url = url
        client = HTTPClient(.init(connect: TimeAmount(times.connect), read: TimeAmount(times.read)))
    }

    // MARK: Prompts

    /// How many prompts it has, running and waiting (`GET /prompt`).
    func remaining() async throws -> Int {
        guard let count = try await json("/prompt")["exec_info"]?["queue_remaining"]?.integerValue, count >= 0 else {
            throw strange("its queue has no length")
        }
        return Int(clamping: count)
    }

    /// Puts a prompt into the queue (`POST /prompt`).
    /// - Parameters:
    ///   - prompt: identifies it from then on. The server takes the same one twice: ask ``sighting(of:)`` first.
    ///   - client: whose WebSocket hears of it.
    /// - Throws: ``JobFailure`` `comfyui_refused` that names the node and what is allowed.
    func submit(_ graph: JSONValue, as prompt: String, client: String, wantsPreviews: Bool) async throws {
        var body: JSONValue = ["prompt": graph, "prompt_id": .string(prompt), "client_id": .string(client)]
        if wantsPreviews { body["extra_data"] = ["preview_method": "auto"] }
        let (status, answer) = try await post("/prompt", body)
        switch status {
        case 200:
            guard answer["prompt_id"]?.stringValue == prompt else { throw strange("it has named the work otherwise") }
        case 400: throw ComfyRefusal(answer).failure(at: url)
        default: throw unexpected(status)
        }
    }

    /// The place of a prompt in the queue and, read after it, its entry in the history.
    func sighting(of prompt: String) async throws -> ComfySighting {
        let place = try await place(of: prompt)
        let history = ComfyHistory(try await json("/history/\(prompt)"), of: prompt)
        return ComfySighting(place: place, history: history)
    }

    /// Nil when it cannot be read: the graphs of others may be larger than what is read.
    private func queue() async throws -> JSONValue? {
        do {
            return try await json("/queue")
        } catch let failure as JobFailure where failure.code == Self.strangeCode {
            return nil
        }
    }

    /// An entry of the queue is `[number, identifier, graph, …]`; lower numbers come first.
    private func place(of prompt: String) async throws -> ComfySighting.Place {
        guard let queue = try await queue() else { return .unknown }
        func isOurs(_ entry: JSONValue) -> Bool { entry[1]?.stringValue == prompt }
        let (running, pending) = (queue["queue_running"]?.arrayValue, queue["queue_pending"]?.arrayValue)
        guard let running, let pending else { return .unknown }
        if running.contains(where: isOurs) { return .running }
        guard let number = pending.first(where: isOurs)?[0]?.doubleValue else { return .absent }
        let before = pending.count { ($0[0]?.doubleValue ?? .infinity) < number }
        return .pending(before: before + running.count)
    }

    /// Takes prompts out of the queue, and stops the one that runs. Those that have ended, or are not there, stay as
    /// they are.
    func stop(_ prompts: [String]) async throws {
        try await tell("/queue", ["delete": .array(prompts.map { .string($0) })])
        // Servers before 0.3.56 stop whatever runs: they are told only when that is one of these.
        guard let running = try await queue()?["queue_running"]?.arrayValue else {
            throw JobFailure(
                kind: .transient, code: Self.strangeCode, message: "\(url) does not say what it works on.")
        }
        for prompt in prompts where running.contains(where: { $0[1]?.stringValue == prompt }) {
            try await tell("/interrupt", ["prompt_id": .string(prompt)])
        }
    }

    /// Posts something that is done or fails: there is no answer to read.
    private func tell(_ path: String, _ body: JSONValue) async throws {
        let status = try await post(path, body).status
        guard status == 200 else { throw unexpected(status) }
    }

    /// Removes an ended prompt from the history, so that the same identifier can be used again.
    func forget(_ prompt: String) async throws {
        _ = try await post("/history", ["delete": [.string(prompt)]])
    }

    // MARK: What it has

    /// What it says of the classes of a graph; of each in a call, because all of them are megabytes.
    func nodes(of graph: WorkflowGraph) async throws -> ServerNodes {
        var nodes = ServerNodes()
        for name in graph.classNames {
            nodes.add(name, try await json("/object_info/\(Self.escaped(name))"))
        }
        return nodes
    }

    /// `0.3.64`; nil when it does not say.
    func version() async throws -> String? {
        let version = try await json("/system_stats")["system"]?["comfyui_version"]?.stringValue
        return version.map { ForeignText.shown($0, limit: 40) }
    }

    // MARK: Files

    /// Loads a picture up into the folder that the server empties when it starts (`POST /upload/image`).
    /// - Returns: the name by which nodes find it.
    func upload(_ picture: Data, named name: String) async throws -> String {
        guard picture.count <= Limits.comfyUIUploadBytes else {
            throw JobFailure(
                kind: .permanent, code: "comfyui_refused",
                message: "The picture has \(picture.count) bytes; ComfyUI takes \(Limits.comfyUIUploadBytes).")
        }
        let form = ComfyUpload(picture, name: name)
        let (status, answer) = try await post("/upload/image", form.body, type: form.contentType)
        guard status == 200 else {
            if status == 413 {
                throw JobFailure(
                    kind: .permanent, code: "comfyui_refused",
                    message: "\(url) takes no picture of \(picture.count) bytes; start it with --max-upload-size.")
            }
            throw unexpected(status)
        }
        guard let kept = answer["name"]?.stringValue, !kept.isEmpty, kept.utf8.count <= 255, !kept.contains("/"),
            kept == ForeignText.shown(kept, limit: 255)
        else { throw strange("it has not named the uploaded picture") }
        return "\(ComfyUpload.subfolder)/\(kept) [temp]"
    }

    /// Writes a file of an output node to a path (`GET /view`); nothing stays there when it fails.
    /// - Returns: its bytes, counted.
    func download(_ file: ComfyFile, to path: String, limit: Int) async throws -> Int {
        let query = [("filename", file.name), ("subfolder", file.subfolder), ("type", file.type)]
        let target = "/view?" + query.map { "\($0.0)=\(Self.escaped($0.1))" }.joined(separator: "&")
        let reply = try await send(target, .GET)
        guard reply.status == 200 else {
            if reply.status == 404 || reply.status == 400 {
                throw JobFailure(
                    kind: .transient, code: "comfyui_output_missing",
                    message: "\(url) does not have the file any more that it has made.")
            }
            throw unexpected(reply.status)
        }
        return try await failing { try await ComfyDownload.write(reply, to: path, limit: limit, server: url) }
    }

    // MARK: Messages

    /// Opens the WebSocket on which a client hears of its prompts.
    func messages(of client: String) async throws -> WebSocketMessages {
        let rules = WebSocketRules(
            messageBytes: Limits.comfyUIMessageBytes, messageFrames: Limits.comfyUIMessageFrames,
            greeting: #"{"type":"feature_flags","data":{"supports_preview_metadata":true}}"#)
        guard let address = HTTPAddress("\(url)/ws?clientId=\(client)") else { throw strange("no address") }
        return try await self.client.openWebSocket(to: address, rules)
    }

    // MARK: Calls

    private static let strangeCode = "comfyui_unexpected"

    private func json(_ path: String) async throws -> JSONValue {
        let reply = try await send(path, .GET)
        guard reply.status == 200 else { throw unexpected(reply.status) }
        return try await read(reply)
    }

    private func post(_ path: String, _ body: JSONValue) async throws -> (status: Int, answer: JSONValue) {
        try await post(path, ByteBuffer(bytes: body.encoded()), type: "application/json")
    }

    private func post(
        _ path: String, _ body: ByteBuffer, type: String
    ) async throws -> (status: Int, answer: JSONValue) {
        let reply = try await send(path, .POST, body: body, type: type)
        guard reply.status == 200 || reply.status == 400 else { return (reply.status, .null) }
        return (reply.status, try await read(reply))
    }

    private func send(
        _ path: String, _ method: HTTPMethod, body: ByteBuffer? = nil, type: String? = nil
    ) async throws -> HTTPReply {
        guard let address = HTTPAddress(url + path) else { throw strange("no address") }
        var call = HTTPCall(address, method: method, headers: ["accept-encoding": "identity"])
        if let body { call.body = .bytes(body) }
        if let type { call.headers.add(name: "content-type", value: type) }
        return try await failing { [call] in try await client.send(call) }
    }

    /// An empty answer is null.
    private func read(_ reply: HTTPReply) async throws -> JSONValue {
        let bytes = try await failing { () -> ByteBuffer in
            var bytes = ByteBuffer()
            for try await piece in reply.body {
                guard piece.readableBytes <= Limits.comfyUIAnswerBytes - bytes.readableBytes else {
                    throw strange("it answers more than \(Limits.comfyUIAnswerBytes >> 20) MB")
                }
                bytes.writeImmutableBuffer(piece)
            }
            return bytes
        }
        guard bytes.readableBytes > 0 else { return .null }
        do {
            return try PythonJSON.read(Data(bytes.readableBytesView))
        } catch {
            throw strange("its answer is no JSON")
        }
    }

    /// What a broken call means for the job: the server is away, which costs no attempt.
    private func failing<T>(_ body: () async throws -> T) async throws -> T {
        do {
            return try await body()
        } catch let failure as HTTPCallFailure {
            throw Self.away(url, failure)
        }
    }

    /// The server cannot be reached, or stops in the middle of an answer.
    static func away(_ url: String, _ failure: HTTPCallFailure) -> JobFailure {
        let reason =
            switch failure {
            case .unreachable(let reason), .untrusted(let reason): reason
            case .connectTimeout: "no connection in time"
            case .readTimeout: "no answer in time"
            case .cut: "the connection broke"
            }
        return JobFailure(
            kind: .infrastructure, code: "comfyui_away",
            message: "ComfyUI at \(url) cannot be reached (\(reason)). The job waits for it.")
    }

    private func unexpected(_ status: Int) -> JobFailure {
        let more = [401, 403].contains(status) ? " It wants a credential, or another name or origin." : ""
        return JobFailure(
            kind: .infrastructure, code: Self.strangeCode, message: "\(url) answers with status \(status).\(more)")
    }

    func strange(_ reason: String) -> JobFailure {
        JobFailure(
            kind: .infrastructure, code: Self.strangeCode,
            message: "\(url) does not answer as ComfyUI does: \(reason).")
    }

    /// For one part of a path or a query.
    private static func escaped(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }
}
