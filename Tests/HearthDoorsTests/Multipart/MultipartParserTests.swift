import Foundation
import HearthCore
import HearthDoors
import HearthTesting
import NIOCore
import Testing

/// `multipart/form-data`, read strictly (RFC 7578).
struct MultipartParserTests {
    private static func parse(_ body: String, boundary: String = "b", parts: Int = 4, header: Int = 200) throws
        -> [MultipartPart]
    {
        try MultipartParser(boundary: boundary, maximumParts: parts, maximumHeaderBytes: header)
            .parts(of: ByteBuffer(string: body))
    }

    private static func code(_ body: () throws -> Void) -> HearthError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? HearthError)?.code
        }
    }

    private static let name = "Content-Disposition: form-data; name=\"a\"\r\n"

    @Test func readsWhatABrowserSends() throws {
        let body = ByteBuffer(
            string: "--X1\r\nContent-Disposition: form-data; name=\"project\"\r\n\r\nTrio\r\n"
                + "--X1\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a \\\"b\\\".png\"\r\n"
                + "Content-Type: image/png\r\n\r\n\r\n--X2\r\n\0\r\n--X1--\r\n")
        let parser = try MultipartParser(contentType: "Multipart/Form-Data; charset=x; Boundary=\"X1\"")
        let parts = try parser.parts(of: body)
        #expect(parts.map(\.name) == ["project", "image"])
        #expect(parts.map { $0.bytes(in: body).map { String(buffer: $0) } } == ["Trio", "\r\n--X2\r\n\0"])
        #expect(parts.last?.fileName == "a \"b\".png")
        #expect(parts.last?.contentType == "image/png")
        #expect(parts.first?.fileName == nil && parts.first?.contentType == nil)
    }

    @Test func rangesCountFromTheReaderIndex() throws {
        var body = ByteBuffer(string: "junk--b\r\n\(Self.name)\r\nhello\r\n--b--")
        body.moveReaderIndex(forwardBy: 4)
        let part = try #require(try MultipartParser(boundary: "b").parts(of: body).first)
        #expect(part.bytes(in: body) == ByteBuffer(string: "hello"))
    }

    @Test func emptyPartsAndBodiesWithoutParts() throws {
        #expect(try Self.parse("--b--").isEmpty)
        #expect(try Self.parse("--b--\r\n").isEmpty)
        #expect(try Self.parse("--b\r\n\(Self.name)\r\n\r\n--b--").map(\.range.count) == [0])
        // RFC 2046: the blank line's break may be the delimiter's.
        #expect(try Self.parse("--b\r\n\(Self.name)\r\n--b--").map(\.range.count) == [0])
    }

    /// RFC 2046, section 5.1.1: what is before the first delimiter and behind the last one is to be ignored.
    @Test func whatIsAroundThePartsIsPassedOver() throws {
        let body = "--b\r\n\(Self.name)\r\nx\r\n--b--"
        for before in ["", "\r\n", "This is a message in parts.\r\n\r\n", "--c\r\n"] {
            for after in ["", "\r\n", " \t\r\nThat was it.", "\r\n\r\n--b\r\nno part any more"] {
                #expect(try Self.parse(before + body + after).map(\.range.count) == [1], "\(before)|\(after)")
            }
        }
    }

    /// RFC 5322, section 2.2.3: a line that begins with a blank belongs to the one before.
    @Test func headersMayBeFolded() throws {
        let body =
            "--b\r\nContent-Disposition: form-data;\r\n name=\"a\";\r\n\tfilename=\"f.png\"\r\n"
            + "Content-Type:\r\n image/png\r\n\r\nx\r\n--b--"
        let part = try #require(try Self.parse(body).first)
        #expect(part.name == "a" && part.fileName == "f.png" && part.contentType == "image/png")
        let long = String(repeating: "\r\n x", count: 100)
        #expect(Self.code { _ = try Self.parse("--b\r\n\(Self.name)X: y\(long)\r\n\r\nx\r\n--b--") } == .invalidRequest)
        #expect(Self.code { _ = try Self.parse("--b\r\n folded\r\n\(Self.name)\r\nx\r\n--b--") } == .invalidRequest)
    }

    private static let forms = "data/user-files/forms"

    @Test(
        .enabled(if: SharedData.has(forms), Comment(rawValue: SharedData.reason(forms))),
        arguments: ["leading-line-break", "epilogue"].map { "\(forms)/\($0).bin" })
    func formsOfOtherWritersAreRead(file: String) throws {
        let body = ByteBuffer(bytes: try Data(contentsOf: SharedData.url(file)))
        let part = try #require(try MultipartParser(boundary: "X").parts(of: body).first)
        let picture = try #require(part.bytes(in: body))
        #expect(part.name == "image" && picture.getBytes(at: picture.readerIndex, length: 2) == [0xFF, 0xD8])
    }

    @Test func paddingBehindABoundaryIsAllowed() throws {
        #expect(try Self.parse("--b \t\r\n\(Self.name)\r\nx\r\n--b \r\n\(Self.name)\r\ny\r\n--b-- \r\n").count == 2)
    }

    @Test(arguments: [
        "", "--", "--c\r\n", "preamble--b--", "preamble\n--b--", "--b--x", "--b", "--b\r\n", "\r\n--b", "\r\n--bc--",
        "--bb\r\n",
        "--b\r\n\r\nx\r\n--b--", "--b\r\n\(name)\r\nx", "--b\r\n\(name)\r\nx\r\n--", "--b\r\n\(name)\r\nx\r\n--b",
        "--b\r\n\(name)x\r\n--b--", "--b\r\n\(name)\r\nx\n--b--", "--b\r\n: x\r\n\r\n\r\n--b--",
        "--b\r\n\(name)\(name)\r\nx\r\n--b--", "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--",
        "--b\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nx\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=\"a\r\n\r\nx\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=\"a\0\"\r\n\r\nx\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=\"a\"; name=\"b\"\r\n\r\nx\r\n--b--",
        "--b\r\n\(name)Content-Transfer-Encoding: base64\r\n\r\nx\r\n--b--",
        "--b\r\n\(name)X-Long: \(String(repeating: "x", count: 200))\r\n\r\nx\r\n--b--",
        "--b\r\n\(name)\r\nx\r\n--bc\r\n--b--",
    ])
    func malformedBodiesAreRefused(body: String) {
        #expect(Self.code { _ = try Self.parse(body) } == .invalidRequest)
    }

    @Test func partsAreLimited() throws {
        let part = "\r\n--b\r\n\(Self.name)\r\nx"
        func body(_ count: Int) -> String {
            String((String(repeating: part, count: count) + "\r\n--b--").dropFirst(1))
        }
        #expect(try Self.parse(body(4)).count == 4)
        #expect(Self.code { _ = try Self.parse(body(5)) } == .invalidRequest)
    }

    @Test func headersThatAreNotUTF8AreRefused() throws {
        var body = ByteBuffer(string: "--b\r\nContent-Disposition: form-data; name=\"")
        body.writeInteger(UInt8(0xFF))
        body.writeString("\"\r\n\r\nx\r\n--b--")
        #expect(Self.code { _ = try MultipartParser(boundary: "b").parts(of: body) } == .invalidRequest)
    }

    @Test(arguments: [
        ("text/plain", HearthError.Code.unsupportedMediaType), ("", .unsupportedMediaType),
        ("multipart/mixed; boundary=b", .unsupportedMediaType), ("multipart/form-data", .invalidRequest),
        ("multipart/form-data; boundary=", .unsupportedMediaType),
        ("multipart/form-data; boundary=\"\"", .invalidRequest),
        ("multipart/form-data; boundary=\"a \"", .invalidRequest),
        ("multipart/form-data; boundary=a\"b", .unsupportedMediaType),
        ("multipart/form-data; boundary=ä", .invalidRequest),
        ("multipart/form-data; boundary=\(String(repeating: "x", count: 71))", .invalidRequest),
    ])
    func otherContentTypesAreRefused(type: String, code: HearthError.Code) {
        #expect(Self.code { _ = try MultipartParser(contentType: type) } == code)
    }
}
