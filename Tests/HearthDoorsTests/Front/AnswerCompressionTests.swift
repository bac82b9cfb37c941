import Foundation
import HTTPTypes
import HearthCore
import HearthZlib
import Hummingbird
import NIOCore
import Testing

@testable import HearthDoors

/// Answers are packed for clients that take them so, and come out as they were.
@Suite struct AnswerCompressionTests {
    private struct TextDoor: Door {
        static let long = (0..<40_000).map { "line \($0 % 1_000)\n" }.joined()

        private func route(
            _ path: String, type: String = "text/plain; charset=utf-8", quick: Bool = false,
            headers: HTTPFields = [:], _ body: @escaping @Sendable () -> ResponseBody
        ) -> DoorRoute {
            DoorRoute(
                .get, path, quick: quick ? .init(bodyBytes: 100) : nil, describe: OpenAPIEntry(path, "", answer: nil)
            ) { _ in
                var headers = headers
                headers[.contentType] = type
                return Response(status: .ok, headers: headers, body: body())
            }
        }

        private static func body(_ text: some StringProtocol) -> ResponseBody {
            ResponseBody(byteBuffer: ByteBuffer(string: String(text)))
        }

        var routes: [DoorRoute] {
            let kilobyte = String(repeating: "x", count: 1 << 10)
            return [
                route("/long") { Self.body(Self.long) },
                route("/kilobyte") { Self.body(kilobyte) }, route("/short") { Self.body(kilobyte.dropLast()) },
                route("/vector", type: "application/json", quick: true) { Self.body(Self.long.prefix(50_000)) },
                route("/vectors", type: "application/json", quick: true) { Self.body(Self.long.prefix(70_000)) },
                route("/picture", type: "image/png") { Self.body(Self.long) },
                route("/events", type: "text/event-stream") { Self.body(Self.long) },
                route("/part", headers: [.contentRange: "bytes 0-9/10"]) { Self.body(Self.long) },
                route("/tagged", headers: [.eTag: "\"a\""]) { Self.body(Self.long) },
                route("/stream") {
                    ResponseBody { writer in
                        for _ in 0..<3 { try await writer.write(ByteBuffer(string: Self.long)) }
                        try await writer.finish(nil)
                    }
                },
            ]
        }
    }

    private func get(_ path: String, accepting: String?, _ method: HTTPRequest.Method = .get) async throws
        -> DoorClient.Answer
    {
        var headers = HTTPFields()
        headers[.acceptEncoding] = accepting
        return try await DoorClient([TextDoor()], deflater: ZlibDeflater()).send(method, path, headers: headers)
    }

    /// Unpacks by the headers of RFC 1952 and RFC 1950.
    private func unpacked(_ answer: DoorClient.Answer, to count: Int) throws -> String {
        let body = answer.body
        let isGzip = answer.headers[.contentEncoding] == "gzip"
        #expect(body.starts(with: isGzip ? [0x1F, 0x8B] : [0x78]))
        let packed = isGzip ? body.dropFirst(10).dropLast(8) : body.dropFirst(2).dropLast(4)
        return String(decoding: try ZlibInflater().inflate(Data(packed), to: count), as: UTF8.self)
    }

    @Test(arguments: [("gzip", "gzip"), ("deflate", "deflate"), ("br, deflate;q=0.5, gzip;q=0.1", "deflate")])
    func aTextComesOutAsItWas(accepting: String, coding: String) async throws {
        let answer = try await get("/long", accepting: accepting)
        #expect(answer.headers[.contentEncoding] == coding)
        #expect(answer.headers[.contentLength] == nil)
        #expect(answer.headers[.vary] == "Accept-Encoding")
        #expect(answer.body.count < TextDoor.long.utf8.count / 5)
        #expect(try unpacked(answer, to: TextDoor.long.utf8.count) == TextDoor.long)
    }

    @Test func aStreamComesOutAsItWas() async throws {
        let answer = try await get("/stream", accepting: "gzip")
        let whole = TextDoor.long + TextDoor.long + TextDoor.long
        #expect(try unpacked(answer, to: whole.utf8.count) == whole)
    }

    @Test(arguments: [nil, "", "identity", "br", "gzip;q=0", "*;q=0", "gzip;q=nonsense"])
    func whoDoesNotTakeItGetsItPlain(accepting: String?) async throws {
        let answer = try await get("/long", accepting: accepting)
        #expect(answer.headers[.contentEncoding] == nil)
        #expect(answer.headers[.vary] == "Accept-Encoding", "caches must know that there is another form")
        #expect(answer.text == TextDoor.long)
    }

    @Test(
        arguments: [
            ("/kilobyte", true), ("/short", false), ("/vector", false), ("/vectors", true), ("/picture", false),
            ("/events", false), ("/part", false), ("/tagged", false),
        ])
    func onlyLongTextsArePacked(path: String, isPacked: Bool) async throws {
        let answer = try await get(path, accepting: "gzip, deflate")
        #expect((answer.headers[.contentEncoding] == "gzip") == isPacked)
    }

    @Test func headSaysWhatAPlainAnswerWouldSay() async throws {
        let answer = try await get("/long", accepting: "gzip", .head)
        #expect(answer.headers[.contentLength] == String(TextDoor.long.utf8.count))
        #expect(answer.headers[.contentEncoding] == nil)
        #expect(answer.headers[.vary] == "Accept-Encoding", "as GET says it")
        #expect(answer.body.isEmpty)
    }
}
