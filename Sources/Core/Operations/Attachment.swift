package import struct Foundation.Data

/// Bytes that come beside an operation's input: a picture.
package struct Attachment: Sendable {
    package let bytes: Data

    package init(bytes: Data) { self.bytes = bytes }
}

/// How an operation takes its attachment; each door offers all the forms.
///
/// JSON: base64 in the field `<field>_base64`. Multipart: the file part `<field>`, other parts are input fields.
/// Raw: the body is the attachment, and the input is in the query.
package struct AttachmentRule: Sendable {
    /// `image`.
    package let field: String
    /// Whether the operation refuses to run without it.
    package let isRequired: Bool
    /// What a raw body may be declared as, besides a picture and `application/octet-stream`.
    package let mediaTypes: [String]

    package init(field: String, isRequired: Bool, mediaTypes: [String] = []) {
        self.field = field
        self.isRequired = isRequired
        self.mediaTypes = mediaTypes
    }

    /// The JSON field of the base64 form.
    package var base64Field: String { "\(field)_base64" }
}
