import HearthJSON

package import struct Foundation.Data

/// Bytes that come beside an operation's input. A picture has been inspected and hashed where it came in, once.
package enum Attachment: Sendable {
    case image(InspectedImage)
    case file(Data)

    package var bytes: Data {
        switch self {
        case .image(let image): image.bytes
        case .file(let bytes): bytes
        }
    }
}

/// How an operation takes its attachment; each door offers all the forms.
///
/// JSON: base64 in the field `<field>_base64`. Multipart: the file part `<field>`, other parts are input fields.
/// Raw: the body is the attachment, and the input is in the query.
package struct AttachmentRule: Sendable {
    /// What the bytes are.
    package enum Kind: Sendable {
        /// A picture: inspected and hashed.
        case image
        /// Any bytes; the operation looks at them itself.
        case file
    }

    package let kind: Kind
    /// `image`.
    package let field: String
    /// Whether the operation refuses to run without it.
    package let isRequired: Bool
    /// What a raw body may be declared as, besides a picture and `application/octet-stream`.
    package let mediaTypes: [String]

    /// A picture in the field `image`.
    package static func image(isRequired: Bool) -> AttachmentRule {
        AttachmentRule(kind: .image, field: "image", isRequired: isRequired, mediaTypes: [])
    }

    /// A file in the field `file`.
    package static func file(isRequired: Bool, mediaTypes: [String]) -> AttachmentRule {
        AttachmentRule(kind: .file, field: "file", isRequired: isRequired, mediaTypes: mediaTypes)
    }

    /// The JSON field of the base64 form.
    package var base64Field: String { "\(field)_base64" }

    /// Whether a field that does not exist was probably meant for it: `picture` for `image`.
    package func isMeant(by name: String) -> Bool {
        let words =
            switch kind {
            case .image: ["image", "picture", "photo", "img", "pic", "file", "upload"]
            case .file: ["file", "upload", "data", "attachment", "document"]
            }
        let plain = name.lowercased().filter { $0 != "_" && $0 != "-" }
        let rest = plain.hasSuffix("base64") ? String(plain.dropLast(6)) : plain
        return words.contains(rest) || words.contains { "\($0)s" == rest || "\($0)file" == rest }
    }

    /// The bytes as the operation gets them.
    /// - Throws: ``HearthError`` `invalid_image`, `image_too_large`, `unsupported_media_type`, all of pictures.
    package func attachment(of bytes: Data) throws(HearthError) -> Attachment {
        switch kind {
        case .image: .image(try InspectedImage(bytes))
        case .file: .file(bytes)
        }
    }

    /// The schema of an input with the base64 form of the attachment.
    func added(to schema: JSONValue) -> JSONValue {
        var schema = schema
        var properties = schema["properties"]?.objectValue ?? JSONObject()
        properties[base64Field] = [
            "type": "string", "contentEncoding": "base64", "format": kind == .image ? "picture-base64" : "base64",
            "description": .string(
                "The \(kind == .image ? "picture" : "file") in base64 (RFC 4648); or send it as the raw body or as the "
                    + "multipart file `\(field)`."),
        ]
        schema["properties"] = .object(properties)
        return schema
    }
}
