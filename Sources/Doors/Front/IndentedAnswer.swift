import HTTPTypes
import HearthCore
import HearthHTTP
import HearthJSON
import Hummingbird
import NIOCore

/// `?pretty=true`: JSON in lines, for people. It is a field of every route in Hearth's own form, and of no operation.
enum IndentedAnswer {
    static let field = "pretty"

    /// The request as its route sees it, and whether its caller wants JSON in lines.
    ///
    /// The field is taken out of the query; where another server's protocol is spoken, the query is left as it is.
    /// - Throws: ``HearthError`` `invalid_request` when the field is neither `true` nor `false`, or given twice.
    static func read(_ request: Request, at route: DoorRoute) throws(HearthError) -> (Request, isWanted: Bool) {
        guard route.errors.schema == ErrorShape.hearth.schema, let path = request.head.path,
            let mark = path.firstIndex(of: "?")
        else {
            return (request, false)
        }
        let fields = path[path.index(after: mark)...].split(separator: "&")
        let (own, others) = (fields.filter(isOwn), fields.filter { !isOwn($0) })
        guard let value = own.first else { return (request, false) }
        let isWanted = ["pretty": true, "pretty=true": true, "pretty=false": false][value]
        guard own.count == 1, let isWanted else {
            throw HearthError(.invalidRequest, "`pretty` must be `true` or `false`, and be given once.")
        }
        var head = request.head
        head.path = path[..<mark] + (others.isEmpty ? "" : "?" + others.joined(separator: "&"))
        return (Request(head: head, body: request.body), isWanted)
    }

    private static func isOwn(_ text: Substring) -> Bool { text.prefix { $0 != "=" } == field }

    /// The answer in lines when it is JSON.
    static func apply(to response: Response) -> Response {
        guard response.headers[.contentType]?.prefix(while: { $0 != ";" }) == "application/json" else {
            return response
        }
        var response = response
        let body = response.body
        response.body = ResponseBody { writer in try await body.write(IndentingWriter(writer)) }
        return response
    }
}

/// Indents the JSON that is written through it.
private struct IndentingWriter: ResponseBodyWriter {
    private var base: any ResponseBodyWriter
    private var indenter = JSONIndenter()

    init(_ base: any ResponseBodyWriter) { self.base = base }

    @concurrent mutating func write(_ buffer: ByteBuffer) async throws {
        var rest = buffer
        while let piece = rest.readSlice(length: min(rest.readableBytes, Limits.compressionPiece)),
            piece.readableBytes > 0
        {
            try await base.write(ByteBuffer(bytes: indenter.indent(piece.readableBytesView)))
            if rest.readableBytes > 0 { await Task.yield() }
        }
    }

    @concurrent consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
        try await base.finish(trailingHeaders)
    }
}
