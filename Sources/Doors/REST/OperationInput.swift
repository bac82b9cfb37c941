import HTTPTypes
import HearthCore
import HearthHTTP
import HearthJSON
import Hummingbird
import NIOCore
import NIOFoundationEssentialsCompat

import struct Foundation.CharacterSet
import struct Foundation.Data

/// What a request says to an operation: fields from path, query and body, and the attachment.
struct OperationInput {
    var value: JSONValue
    var attachment: Attachment?
    /// The body's share of the budget: what was read from it is a copy of the same size.
    private(set) var reservation: BodyReservation?

    /// Reads a request in any of the forms that the operation takes.
    /// - Parameter collect: gives the whole body, of at most so many bytes.
    static func read(
        _ request: Request, for operation: Operation, parameters: [String: String],
        collect: (_ limit: Int) async throws -> CollectedBody
    ) async throws -> OperationInput {
        var fields = JSONObject()
        let known = KnownFields(of: operation)
        for (name, text) in try QueryFields(request.uri.query ?? "").fields {
            try known.check(name, in: .query)
            try add(name, text, of: operation, to: &fields)
        }
        var input = OperationInput(value: .object(fields))
        if request.method != .get {
            // A field that the body has as well is not in what the operation gets, so it is checked here.
            if !fields.members.isEmpty { try operation.check(fields) }
            try await input.readBody(request, for: operation, collect)
        }
        // The path has the last word: it says which thing is meant.
        for (name, text) in parameters {
            input.value[name] = .string(text)
        }
        return input
    }

    private mutating func readBody(
        _ request: Request, for operation: Operation, _ collect: (_ limit: Int) async throws -> CollectedBody
    ) async throws {
        let limit = operation.attachment == nil ? operation.bodyBytes : max(operation.bodyBytes, Limits.bodyBytes)
        let body = try await collect(limit)
        reservation = body.reservation
        let contentType = request.headers[.contentType] ?? ""
        let type = contentType.split(separator: ";").first?.trimmingCharacters(in: .whitespaces).lowercased() ?? ""
        guard body.bytes.readableBytes > 0 else {
            // A picture of no bytes is a bad picture, not a missing one.
            if !type.isEmpty, Self.isRaw(type, for: operation) { try attach(ByteBuffer(), to: operation) }
            return
        }
        switch type {
        case let type where Self.isJSON(body.bytes, type: type, for: operation):
            // Bodies of many numbers take several times as much memory parsed as written.
            if operation.bodyBytes > Limits.plainBodyBytes { try body.reserveParsedNumbers() }
            try readJSON(Data(sharing: body.bytes), for: operation)
        case "multipart/form-data":
            try readMultipart(body.bytes, contentType: contentType, for: operation)
        case let type where Self.isRaw(type, for: operation):
            try attach(body.bytes, to: operation)
        default:
            let raw = operation.attachment == nil ? "" : ", multipart/form-data, or the raw picture as image/…"
            throw DoorCall.notUnderstood(type, hint: "Send application/json\(raw).")
        }
    }

    /// Whether the body is JSON. One without a declaration is looked at, unless it may be a file of any kind: lines
    /// of JSON begin as an object does.
    private static func isJSON(_ body: ByteBuffer, type: String, for operation: Operation) -> Bool {
        guard operation.attachment?.kind == .file else { return DoorCall.isJSON(body, type: type) }
        return DoorCall.isDeclaredJSON(type)
    }

    private static func isRaw(_ type: String, for operation: Operation) -> Bool {
        guard let rule = operation.attachment else { return false }
        return type.hasPrefix("image/") || type == "application/octet-stream" || type.isEmpty
            || rule.mediaTypes.contains(type)
    }

    private mutating func readJSON(_ body: Data, for operation: Operation) throws {
        let large = operation.attachment.map { [$0.base64Field] } ?? []
        let values =
            operation.bodyBytes > Limits.plainBodyBytes ? Limits.tensorValues : JSONParser.maximumValues
        let document = try JSONParser.readDocument(body, largeStrings: Set(large), maximumValues: values)
        guard let object = document.value.objectValue else {
            throw HearthError(.invalidRequest, "The body must be a JSON object.")
        }
        let known = KnownFields(of: operation)
        for name in object.keys { try known.check(name, in: .json) }
        override(by: object, of: operation)
        // One written with escapes (`\\/`) stays in the input, where the registry finds it.
        if let rule = operation.attachment, let bytes = try document.readBase64(rule.base64Field) {
            try attach(bytes, to: operation)
        }
    }

    /// Inspects and hashes what came beside the input, as the operation's rule says; the one time that this is done.
    private mutating func attach(_ bytes: Data, to operation: Operation) throws(HearthError) {
        try attach(to: operation) { rule throws(HearthError) in try rule.attachment(of: bytes) }
    }

    /// The same for bytes that the attachment shares instead of copying them.
    private mutating func attach(_ bytes: ByteBuffer, to operation: Operation) throws(HearthError) {
        try attach(to: operation) { rule throws(HearthError) in
            switch rule.kind {
            case .image: .image(try InspectedImage(Picture(sharing: bytes)))
            case .file: .file(Data(sharing: bytes))
            }
        }
    }

    private mutating func attach(
        to operation: Operation, _ make: (AttachmentRule) throws(HearthError) -> Attachment
    ) throws(HearthError) {
        guard let rule = operation.attachment else { return }
        guard attachment == nil else {
            throw HearthError(.invalidRequest, "The \(rule.field) is given more than once.")
        }
        attachment = try make(rule)
    }

    private mutating func readMultipart(_ body: ByteBuffer, contentType: String, for operation: Operation) throws {
        var fields = JSONObject()
        let known = KnownFields(of: operation)
        for part in try MultipartParser(contentType: contentType).parts(of: body) {
            guard let bytes = part.bytes(in: body) else { continue }
            if part.name == operation.attachment?.field {
                try attach(bytes, to: operation)
            } else {
                try known.check(part.name, in: .form)
                if Self.isJSON(part.contentType) {
                    let field = try JSONParser.read(Data(bytes.readableBytesView))
                    guard fields.insert(part.name, field) else {
                        throw HearthError(.invalidRequest, "`\(part.name)` is given more than once.")
                    }
                    continue
                }
                guard let text = String(clientText: bytes.readableBytesView) else {
                    throw HearthError(
                        .invalidRequest,
                        "The part `\(part.name)` is not valid UTF-8, or \(CombiningMarks.problem).")
                }
                try Self.add(part.name, text, of: operation, to: &fields)
            }
        }
        override(by: fields, of: operation)
    }

    /// The body has the last word over the query. Null says nothing of a field that may be left out, so what the query
    /// says stays; any other field cannot be null, as the schema of the body says, and is refused as it is without a
    /// query.
    private mutating func override(by fields: JSONObject, of operation: Operation) {
        for member in fields.members {
            if member.value == .null, value[member.key] != nil, !operation.requires(member.key) { continue }
            value[member.key] = member.value
        }
    }

    /// A part of this type is a value of any kind; others are texts, read as their field's type.
    private static func isJSON(_ contentType: String?) -> Bool {
        contentType?.split(separator: ";").first?.trimmingCharacters(in: .whitespaces).lowercased()
            == "application/json"
    }

    /// Adds a text as the type that the operation's schema gives the field.
    private static func add(
        _ name: String, _ text: String, of operation: Operation, to fields: inout JSONObject
    ) throws {
        let wanted = operation.inputSchema["properties"]?[name]?["type"]?.stringValue
        let value: JSONValue? =
            switch wanted {
            case "integer": Int64(text).map(JSONValue.int)
            case "number": Double(text).flatMap { $0.isFinite ? $0 : nil }.map(JSONValue.double)
            case "boolean": ["true": true, "1": true, "false": false, "0": false][text].map(JSONValue.bool)
            // As JSON text.
            case "object": try? JSONParser.read(Data(text.utf8)).objectValue.map(JSONValue.object)
            case "array": try? JSONParser.read(Data(text.utf8)).arrayValue.map(JSONValue.array)
            default: .string(text)
            }
        guard let value else {
            throw HearthError(.invalidRequest, "`\(name)` must be of type \(wanted ?? "string").")
        }
        guard fields.insert(name, value) else {
            throw HearthError(.invalidRequest, "`\(name)` is given more than once.")
        }
    }
}
