import Foundation
import HearthCommand
import HearthCore
import HearthJSON

/// Tools of language models: registrations by path over standard input and output, and many calls at once over HTTP.
extension BenchRun {
    private static let registrations = 100
    private static let coldStarts = 10
    private static let calls = 200
    private static let pictureBytes = 1_000_000

    func mcp() async throws {
        for hasWorker in [false, true] {
            try await with(BenchServer(hasWorker: hasWorker)) { server in
                if hasWorker { _ = try await server.waitUntilReady() }
                let suffix = hasWorker ? ", worker embedding meanwhile" : ""
                try await registerByPath(server, suffix)
                try await callAtOnce(server, suffix)
            }
        }
    }

    // MARK: Registrations

    /// Pictures of one megabyte, no two of them the same.
    private func pictures(_ count: Int) throws -> (folder: String, requests: [BenchRequest], paths: [String]) {
        let folder = BenchServer.freshFolder()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let picture = try BenchRequest.picture(bytes: Self.pictureBytes)
        var (requests, paths): ([BenchRequest], [String]) = ([], [])
        for number in 0..<count {
            var request = BenchRequest(raw: picture, path: "/api/anchors")
            request.setNumber(BenchLoad.nextNumber())
            // Half of them are sent over REST, which keeps its head in front of the picture.
            if number.isMultiple(of: 2) {
                requests.append(request)
            } else {
                paths.append("\(folder)/\(number).jpg")
                try Data(request.bytes.suffix(picture.count)).write(to: URL(fileURLWithPath: paths[paths.count - 1]))
            }
        }
        return (folder, requests, paths)
    }

    /// By path and over REST in turn, so that both meet the same machine; each makes a character of its own.
    private func registerByPath(_ server: BenchServer, _ suffix: String) async throws {
        let (count, cold) = (Self.registrations, Self.coldStarts)
        // One more for the first call of the process.
        let (folder, requests, paths) = try pictures(2 * (count + cold + 1))
        let rest = try BenchConnection(.port(server.port))
        var (firsts, starts): ([Double], [Double]) = ([], [])
        for path in paths.prefix(cold) {
            let start = ContinuousClock.now
            let client = try BenchMCPClient(data: server.folder.path, pictures: folder)
            defer { client.stop() }
            firsts.append(try client.register(path, name: Self.freshName()))
            starts.append((ContinuousClock.now - start).fractionalMilliseconds)
        }
        let client = try BenchMCPClient(data: server.folder.path, pictures: folder)
        defer { client.stop() }
        var (byPath, plain): ([Double], [Double]) = ([], [])
        for (path, request) in zip(paths.dropFirst(cold), requests.dropFirst(cold)) {
            byPath.append(try client.register(path, name: Self.freshName()))
            let start = ContinuousClock.now
            guard try rest.send(request.bytes).status == 201 else {
                throw HearthError(.internalError, "A registration over REST was refused.")
            }
            plain.append((ContinuousClock.now - start).fractionalMilliseconds)
        }
        let (stdio, http) = (BenchSamples(Array(byPath.dropFirst())), BenchSamples(Array(plain.dropFirst())))
        show(.atMost(10, stdio.p50, "ms", "register 1 MB by path over stdio, p50 of \(stdio.count)\(suffix)"))
        show(BenchFigure(name: "  over stdio; over REST", value: "\(stdio.text); \(http.text)"))
        show(BenchFigure(name: "  p50 ÷ over REST", value: "\(BenchFigure.number(stdio.p50 / http.p50)) ×"))
        let first = BenchSamples(firsts)
        show(.atMost(100, first.quantile(1), "ms", "  first call of a cold process, slowest of \(first.count)"))
        show(BenchFigure(name: "  p50 of them", value: "\(BenchFigure.number(first.p50)) ms"))
        let start = "\(BenchFigure.number(BenchSamples(starts).p50)) ms"
        show(BenchFigure(name: "  from the start of the process, p50", value: start))
    }

    private static func freshName() -> String { "m\(BenchLoad.nextNumber())" }

    // MARK: Many at once

    private func callAtOnce(_ server: BenchServer, _ suffix: String) async throws {
        let message: JSONValue = [
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": .object(BenchMCPClient.call("list_characters", [:])),
        ]
        let body = message.encoded()
        let head =
            "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            + "accept: application/json\r\nmcp-protocol-version: 2025-11-25\r\ncontent-length: \(body.count)\r\n\r\n"
        let request = Array(head.utf8) + Array(body)
        let (answered, port) = (Locked(0), server.port)
        let start = ContinuousClock.now
        await BenchLoad.threads(Self.calls) { _ in
            guard let answer = try? BenchConnection(.port(port)).send(request), answer.status == 200,
                (try? JSONParser.read(answer.body))?["result"]?["isError"] == false
            else { return }
            answered.withLock { $0 += 1 }
        }
        let time = (ContinuousClock.now - start).fractionalMilliseconds / 1_000
        let count = Double(answered.withLock { $0 })
        show(.atLeast(Double(Self.calls), count, "", "\(Self.calls) tool calls at once over HTTP, answered\(suffix)"))
        show(BenchFigure(name: "  all of them", value: "\(BenchFigure.number(time)) s"))
    }
}
