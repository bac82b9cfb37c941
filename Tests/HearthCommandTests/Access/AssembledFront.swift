import ArgumentParser
import Foundation
import HearthCore
import HearthHTTPClient
import HearthJSON
import HearthLocalFiles
import HearthTesting
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix

@testable import HearthCommand

/// The server as `hearth serve` runs it, with a folder and a port of its own and without workers, and a client of it.
struct AssembledFront: Sendable {
    /// What came back.
    struct Answer {
        var status: Int
        /// Null when it is no JSON.
        var json: JSONValue
        var text: String
    }

    let folder: DataFolder
    private let port: Int
    private let client = HTTPClient(.init(connect: .seconds(10), read: .seconds(60)))

    /// Runs a server until `body` returns.
    /// - Parameter flags: settings besides those of every test.
    static func run(
        in folder: TemporaryFolder, flags: [Setting: String] = [:],
        _ body: @Sendable @escaping (AssembledFront) async throws -> Void
    ) async throws {
        let path = folder.file("data")
        var environment = ["HEARTH_DATA": path, "HEARTH_PORT": "0", "HEARTH_WORKER": "false"]
        for (setting, value) in flags { environment[setting.variable] = value }
        let settings = try await Settings.resolve(flags: [:], environment: environment)
        let assembly = Assembly(settings: settings, metrics: MetricsRegistry(), logger: .quiet)
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { listening.finish() }
                try await assembly.run { listening.yield($0) }
            }
            for await port in ports {
                try await body(AssembledFront(folder: DataFolder(path), port: port))
                break
            }
            group.cancelAll()
            do { try await group.waitForAll() } catch is CancellationError {}
        }
    }

    private init(folder: DataFolder, port: Int) {
        self.folder = folder
        self.port = port
    }

    /// Makes a key in the folder, whether a server runs on it or not.
    static func makeKey(in folder: TemporaryFolder, _ input: JSONValue) async throws -> String {
        let made = try await KeysOptions.parse(["--data", folder.file("data")]).call(
            "identity.keys.create", input, makesFolder: true)
        return made["secret"]?.stringValue ?? ""
    }

    /// Asks for a WebSocket, and leaves when the answer is there.
    func openSocket(_ target: String, key: String) async throws -> Answer {
        let request = """
            GET \(target) HTTP/1.1\r
            Host: 127.0.0.1\r
            Authorization: Bearer \(key)\r
            Connection: upgrade\r
            Upgrade: websocket\r
            Sec-WebSocket-Version: 13\r
            Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r
            \r

            """
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: request))
            var text = ""
            for try await bytes in inbound {
                text += String(buffer: bytes)
                // Head and body of an error come together; nothing has to come after 101.
                if text.contains("\r\n\r\n") { break }
            }
            let status = Int(text.split(separator: " ").dropFirst().first ?? "") ?? 0
            let body = text.split(separator: "\r\n\r\n", maxSplits: 1).dropFirst().first.map(String.init) ?? ""
            return Answer(status: status, json: (try? JSONParser.parse(Data(body.utf8))) ?? .null, text: "")
        }
    }

    /// Opens an event stream or a WebSocket, does `then` when its head has come, and reads until the server ends it.
    /// - Parameter headers: lines that make the request one for a stream or a WebSocket, besides the key.
    /// - Returns: all that came; nil when the server had not ended it after `limit`.
    func follow(
        _ target: String, key: String?, headers: [String], limit: Duration = .seconds(20),
        then: @escaping @Sendable () async throws -> Void
    ) async throws -> String? {
        let credential = key.map { ["Authorization: Bearer \($0)"] } ?? []
        let lines = ["GET \(target) HTTP/1.1", "Host: 127.0.0.1"] + credential + headers + ["", ""]
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await withThrowingTaskGroup(of: String?.self) { group in
            group.addTask {
                try await channel.executeThenClose { inbound, outbound in
                    try await outbound.write(ByteBuffer(string: lines.joined(separator: "\r\n")))
                    var text = ""
                    var isOpen = false
                    for try await bytes in inbound {
                        text += String(buffer: bytes)
                        guard !isOpen, text.contains("\r\n\r\n") else { continue }
                        isOpen = true
                        try await then()
                    }
                    return text
                }
            }
            group.addTask {
                try await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    /// - Parameter target: path and query, as they stand in the request line.
    func send(
        _ method: String, _ target: String, body: JSONValue? = nil, key: String?, headers: [String: String] = [:]
    ) async throws -> Answer {
        guard let address = HTTPAddress("http://127.0.0.1:\(port)\(target)") else {
            throw HearthError(.invalidRequest, "\(target) is no path.")
        }
        var call = HTTPCall(address, method: HTTPMethod(rawValue: method))
        if let key { call.headers.add(name: "authorization", value: "Bearer \(key)") }
        for (name, value) in headers { call.headers.add(name: name, value: value) }
        if let body {
            call.headers.add(name: "content-type", value: "application/json")
            call.body = .bytes(ByteBuffer(bytes: body.encoded()))
        }
        let reply = try await client.send(call)
        // Events go on for ever.
        let type = reply.headers.first(name: "content-type") ?? ""
        guard reply.status != 101, !type.hasPrefix("text/event-stream") else {
            return Answer(status: reply.status, json: .null, text: "")
        }
        var bytes = Data()
        for try await piece in reply.body { bytes += Data(piece.readableBytesView) }
        return Answer(
            status: reply.status, json: (try? JSONParser.read(bytes)) ?? .null,
            text: String(decoding: bytes, as: UTF8.self))
    }
}
