import HearthCore
import HearthJSON
import NIOCore

/// The body of a request to `/mcp`: a message, or a form with a message and the picture that it is about.
///
/// The form is Hearth's own, for `hearth mcp`, which reads the picture where the user's files are: it saves base64 and
/// a request of its own. No client of the protocol sends it.
package struct MCPBody: Sendable {
    let message: JSONValue
    let picture: ByteBuffer?

    /// Names of the parts of a form.
    package static let messagePart = "message"
    package static let picturePart = "picture"

    static let formType = "multipart/form-data"
    /// The form's schema.
    static let form: JSONValue = [
        "type": "object", "required": [.string(messagePart), .string(picturePart)],
        "properties": [messagePart: BodyRule.anyObject, picturePart: BodyRule.sentFile],
    ]

    /// - Parameter type: the content type as it was sent.
    /// - Throws: ``HearthError`` for what is no JSON, and no such form.
    init(_ bytes: ByteBuffer, type: String) throws(HearthError) {
        guard type.lowercased().hasPrefix(Self.formType) else {
            message = try Self.json(bytes)
            picture = nil
            return
        }
        let parts = try MultipartParser(contentType: type).parts(of: bytes)
        func part(_ name: String) throws(HearthError) -> ByteBuffer {
            let named = parts.filter { $0.name == name }
            guard named.count == 1, let bytes = named[0].bytes(in: bytes) else {
                throw HearthError(.invalidRequest, "The form must have one part `\(name)`.")
            }
            return bytes
        }
        let picture = try part(Self.picturePart)
        guard picture.readableBytes <= Limits.uploadBytes else {
            throw HearthError(.bodyTooLarge, "A picture has at most \(Limits.uploadBytes) bytes.")
        }
        message = try Self.json(try part(Self.messagePart))
        guard message.objectValue != nil else {
            throw HearthError(.invalidRequest, "A message that comes with a picture is a JSON object.")
        }
        self.picture = picture
    }

    private static func json(_ bytes: ByteBuffer) throws(HearthError) -> JSONValue {
        // The closure of a buffer cannot carry a typed error: it travels as a value.
        try bytes.withUnsafeReadableBytes { bytes in
            Result { () throws(HearthError) in try JSONParser.read(bytes) }
        }.get()
    }
}
