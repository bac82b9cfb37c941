import HTTPTypes
import HearthCore
import NIOHTTP1
import NIOHTTPTypesHTTP1

extension HTTPRequest {
    /// The request that NIO's HTTP/1 codec read, in the common currency of HTTP types (RFC 9112, section 3).
    /// - Throws: ``HearthError`` `invalid_request` when it is HTTP/1.1 without a host, or names more than one.
    init(translating head: HTTPRequestHead) throws(HearthError) {
        guard head.headers["host"].count <= 1 else {
            throw HearthError(.invalidRequest, "The request names more than one host.", hint: "Send one Host header.")
        }
        // The usual origin form needs no look into the target; the others are rare enough for the general way.
        if head.uri.utf8.first == UInt8(ascii: "/"), let method = try? Method(head.method) {
            self.init(
                method: method, scheme: "http", authority: head.headers.first(name: "host"), path: head.uri,
                headerFields: HTTPFields(head.headers, splitCookie: false))
        } else {
            do {
                try self.init(head, secure: false, splitCookie: false)
            } catch {
                throw HearthError(.invalidRequest, "The method or target is not valid HTTP.", cause: error)
            }
        }
        guard authority != nil || head.version == .http1_0 else {
            throw HearthError(.invalidRequest, "The request names no host.", hint: "HTTP/1.1 requires a Host header.")
        }
    }

    /// Whether it announces a body of at most so many bytes.
    package func hasBody(upTo limit: Int) -> Bool {
        guard let length = headerFields[.contentLength].flatMap({ Int($0) }) else { return false }
        return length <= limit
    }
}
