import Foundation
import HearthCore
import HearthModelLibrary
import HearthTesting
import Testing

@testable import HearthDownload

@Suite struct HTTPFileSourceTests {
    /// What a source makes of a server's answer.
    private struct Seen {
        var head: FileHead?
        var body = ""
        var failure: FileSourceFailure?
        var error: HearthError?
    }

    private func ask(
        _ request: FileRequest? = nil, stall: Duration = .seconds(10),
        _ answer: @escaping @Sendable (String) -> RawServer.Answer
    ) async throws -> Seen {
        let server = try await RawServer(answer)
        let source = HTTPFileSource(stall: stall, connect: .seconds(10))
        var seen = Seen()
        do {
            var request = request ?? FileRequest(address: "")
            request.address = server.address
            let answer = try await source.open(request)
            seen.head = answer.head
            for try await chunk in answer.body { seen.body += String(decoding: chunk, as: UTF8.self) }
        } catch let failure as FileSourceFailure {
            seen.failure = failure
        } catch let error as HearthError {
            seen.error = error
        }
        await server.stop()
        return seen
    }

    @Test func headAndBodyArriveAndNothingCompressedIsAskedFor() async throws {
        let head = Locked("")
        let seen = try await ask { request in
            head.withLock { $0 = request.lowercased() }
            return .init(text: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"e\"\r\n\r\nhello")
        }
        #expect(seen.head == FileHead(status: 200, length: 5, validator: "\"e\""))
        #expect(seen.body == "hello")
        let request = head.withLock { $0 }
        #expect(request.contains("accept-encoding: identity"))
        #expect(!request.contains("range:"))
    }

    @Test func restIsAskedForOnlyOfTheSameFile() async throws {
        let head = Locked("")
        let seen = try await ask(FileRequest(address: "", offset: 3, validator: "\"e\"")) { request in
            head.withLock { $0 = request.lowercased() }
            return .init(text: "HTTP/1.1 206 Part\r\nContent-Range: bytes 3-4/5\r\nContent-Length: 2\r\n\r\nlo")
        }
        #expect(seen.head == FileHead(status: 206, length: 2, rangeStart: 3, rangeTotal: 5))
        let request = head.withLock { $0 }
        #expect(request.contains("range: bytes=3-\r\n") && request.contains("if-range: \"e\"\r\n"))
    }

    @Test func weakTagIsNoValidatorAndTheDateIs() async throws {
        let date = "Thu, 01 Jan 2026 00:00:00 GMT"
        let seen = try await ask { _ in
            .init(text: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nETag: W/\"e\"\r\nLast-Modified: \(date)\r\n\r\n")
        }
        #expect(seen.head?.validator == date)
    }

    @Test func codingIsTold() async throws {
        let seen = try await ask { _ in
            .init(text: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Encoding: GZIP\r\n\r\nx")
        }
        #expect(seen.head?.encoding == "gzip")
    }

    @Test func chunksMarkTheEndAndAClosedConnectionDoesNot() async throws {
        let chunked = try await ask { _ in
            .init(text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n")
        }
        #expect(chunked.head?.isDelimited == true && chunked.head?.length == nil && chunked.body == "hi")
        let closed = try await ask { _ in .init(text: "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhi") }
        #expect(closed.head?.isDelimited == false)
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        "HTTP/1.1 200 OK\r\nContent-",
        "not HTTP at all\r\n\r\n",
    ])
    func brokenAnswerIsAPassingFailure(text: String) async throws {
        let seen = try await ask { _ in .init(text: text) }
        #expect(seen.failure != nil && seen.error == nil)
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"])
    func silentServerHasStalled(text: String) async throws {
        let seen = try await ask(stall: .milliseconds(300)) { _ in .init(text: text, closes: false) }
        #expect(seen.failure == .stalled)
    }

    @Test func redirectIsFollowedAndACircleIsNot() async throws {
        let seen = try await ask { request in
            request.hasPrefix("GET /f ")
                ? .init(text: "HTTP/1.1 302 Found\r\nLocation: /g\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
                : .init(text: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        }
        #expect(seen.body == "hi")
        let circle = try await ask { _ in
            .init(text: "HTTP/1.1 302 Found\r\nLocation: /f\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        }
        #expect(circle.error?.message.contains("more than 5 times") == true)
    }

    @Test func redirectNeverLeavesHTTPS() throws {
        #expect(try HTTPFileSource.target("/b", from: "https://a/x") == "https://a/b")
        #expect(try HTTPFileSource.target("https://b/c?d", from: "http://a/x") == "https://b/c?d")
        for location in ["http://a/b", "file:///etc/passwd", "ftp://a/b", nil] {
            #expect(throws: HearthError.self) { try HTTPFileSource.target(location, from: "https://a/x") }
        }
    }

    @Test func nobodyIsThere() async throws {
        let source = HTTPFileSource(stall: .seconds(5), connect: .seconds(5))
        await #expect(throws: FileSourceFailure.self) {
            _ = try await source.open(FileRequest(address: "http://127.0.0.1:1/f"))
        }
    }

    /// The whole way: a server that cuts, then stalls, then goes on.
    @Test func fileArrivesThroughCutsAndStalls() async throws {
        let folder = try TemporaryFolder(.memory)
        let count = Locked(0)
        let server = try await RawServer { request in
            let turn = count.withLock {
                $0 += 1
                return $0
            }
            let range = request.lowercased().split(separator: "bytes=").dropFirst().first
            let start = range.flatMap { Int($0.prefix { $0.isNumber }) } ?? 0
            let rest = String("0123456789".dropFirst(start))
            let head =
                start == 0
                ? "HTTP/1.1 200 OK\r\nETag: \"e\"\r\nContent-Length: 10\r\n\r\n"
                : "HTTP/1.1 206 Part\r\nETag: \"e\"\r\nContent-Range: bytes \(start)-9/10\r\n"
                    + "Content-Length: \(rest.count)\r\n\r\n"
            return .init(text: head + (turn < 4 ? String(rest.prefix(2)) : rest), closes: turn != 2)
        }
        let source = HTTPFileSource(stall: .milliseconds(300))
        let arrival = try await FileTransfer(source: source, sleep: { _ in }).run(
            .init(name: "f", address: server.address), to: folder.file("f"))
        #expect(arrival.bytes == 10)
        #expect(try String(contentsOfFile: folder.file("f"), encoding: .utf8) == "0123456789")
        await server.stop()
    }
}
