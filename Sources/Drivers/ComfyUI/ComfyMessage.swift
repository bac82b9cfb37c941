import HearthJSON
import NIOCore

import struct Foundation.Data

/// A message of ComfyUI's WebSocket, as far as this client has a use for it.
enum ComfyMessage: Sendable, Equatable {
    /// How many prompts the server has: sent at the start, and whenever it changes.
    case status(remaining: Int)
    /// `execution_start`
    case started(prompt: String)
    /// `execution_cached`: nodes whose results the server has kept from earlier prompts.
    case cached(prompt: String, nodes: [String])
    /// `executing`: a node begins; without a node, the prompt has ended and its history is written.
    case executing(prompt: String?, node: String?)
    /// `progress`: a step of a node.
    case progress(prompt: String?, node: String?, value: Double, maximum: Double)
    /// `progress_state`: the nodes that have begun.
    case nodes(prompt: String, [ComfyNodeState])
    /// `executed`: an output node has written its files.
    case executed(prompt: String, node: String)
    /// `execution_success`: all nodes are done; the history is not written yet.
    case succeeded(prompt: String)
    /// `execution_error`
    case failed(prompt: String, ComfyNodeFailure)
    /// `execution_interrupted`: a user, or this client, has stopped it. Sent to everyone.
    case interrupted(prompt: String)
    /// A picture of what is being made; newer servers say of which prompt.
    case preview(prompt: String?, Data)
    /// A line of text by a node.
    case text(String)
    /// Anything else that a server may say: other kinds of message, and those of extensions.
    case other
}

/// How far a node is, in `progress_state`.
struct ComfyNodeState: Sendable, Equatable {
    var id: String
    var value: Double
    var maximum: Double
    var isFinished: Bool
}

/// Why a node has failed, in the server's words.
struct ComfyNodeFailure: Sendable, Equatable {
    var node: String
    var className: String
    var exception: String
    var message: String

    /// `data` of `execution_error`, which history keeps as well.
    init(_ data: JSONValue?) {
        node = ForeignText.shown(data?["node_id"]?.stringValue, limit: 64)
        className = ForeignText.shown(data?["node_type"]?.stringValue, limit: 100)
        exception = ForeignText.shown(data?["exception_type"]?.stringValue, limit: 100)
        message = ForeignText.shown(data?["exception_message"]?.stringValue)
    }

    /// Whether it may work at another time: memory of the device that others hold.
    var isOutOfMemory: Bool {
        let text = "\(exception) \(message)".lowercased()
        return text.contains("outofmemory") || text.contains("out of memory")
    }
}

extension ComfyMessage {
    /// The prompt that it is about; nil where the server does not say.
    var prompt: String? {
        switch self {
        case .started(let prompt), .cached(let prompt, _), .nodes(let prompt, _), .executed(let prompt, _),
            .succeeded(let prompt), .failed(let prompt, _), .interrupted(let prompt):
            prompt
        case .executing(let prompt, _), .progress(let prompt, _, _, _), .preview(let prompt, _): prompt
        case .status, .text, .other: nil
        }
    }

    /// - Returns: nil for a text that is no message at all.
    init?(text: Data) {
        guard let json = try? PythonJSON.read(text), let type = json["type"]?.stringValue else { return nil }
        let data = json["data"]
        let prompt = data?["prompt_id"]?.stringValue
        let node = data?["node"]?.stringValue
        let message: ComfyMessage? =
            switch type {
            case "status":
                data?["status"]?["exec_info"]?["queue_remaining"]?.integerValue.map {
                    .status(remaining: Int(clamping: $0))
                }
            case "execution_start": prompt.map { .started(prompt: $0) }
            case "execution_cached":
                prompt.map {
                    .cached(prompt: $0, nodes: (data?["nodes"]?.arrayValue ?? []).compactMap(\.stringValue))
                }
            case "executing": .executing(prompt: prompt, node: node)
            case "progress":
                Self.number(data?["value"]).flatMap { value in
                    Self.number(data?["max"]).map {
                        .progress(prompt: prompt, node: node, value: value, maximum: $0)
                    }
                }
            case "progress_state": prompt.map { .nodes(prompt: $0, Self.states(data?["nodes"])) }
            case "executed": prompt.map { .executed(prompt: $0, node: node ?? "") }
            case "execution_success": prompt.map { .succeeded(prompt: $0) }
            case "execution_error": prompt.map { .failed(prompt: $0, ComfyNodeFailure(data)) }
            case "execution_interrupted": prompt.map { .interrupted(prompt: $0) }
            default: .other
            }
        // A known kind without what belongs to it is garbage as well.
        guard let message else { return nil }
        self = message
    }

    private static func number(_ value: JSONValue?) -> Double? {
        value?.doubleValue.flatMap { $0.isFinite ? $0 : nil }
    }

    private static func states(_ nodes: JSONValue?) -> [ComfyNodeState] {
        (nodes?.objectValue?.members ?? []).compactMap { member in
            guard let value = number(member.value["value"]), let maximum = number(member.value["max"]) else {
                return nil
            }
            return ComfyNodeState(
                id: member.key, value: value, maximum: maximum, isFinished: member.value["state"] == "finished")
        }
    }

    // MARK: Binary

    /// - Returns: nil for bytes that are no message at all.
    init?(binary: ByteBuffer) {
        var bytes = binary
        guard let kind = bytes.readInteger(as: UInt32.self) else { return nil }
        switch kind {
        case 1:
            guard bytes.readInteger(as: UInt32.self) != nil, let picture = Self.picture(bytes) else { return nil }
            self = .preview(prompt: nil, picture)
        case 3:
            guard let length = bytes.readInteger(as: UInt32.self), bytes.readSlice(length: Int(length)) != nil,
                let text = bytes.readString(length: bytes.readableBytes)
            else { return nil }
            self = .text(ForeignText.shown(text))
        case 4:
            guard let length = bytes.readInteger(as: UInt32.self), let json = bytes.readBytes(length: Int(length)),
                let about = try? PythonJSON.read(Data(json)), let picture = Self.picture(bytes)
            else { return nil }
            self = .preview(prompt: about["prompt_id"]?.stringValue, picture)
        // 2 is for the server itself; more kinds may come.
        default: self = .other
        }
    }

    /// Previews are JPEG or PNG, whatever the number before them says.
    private static func picture(_ bytes: ByteBuffer) -> Data? {
        let view = bytes.readableBytesView
        guard view.starts(with: [0xFF, 0xD8]) || view.starts(with: [0x89, 0x50, 0x4E, 0x47]) else { return nil }
        return Data(view)
    }
}
