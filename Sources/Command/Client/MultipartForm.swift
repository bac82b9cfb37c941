import Foundation
import HearthCore
import HearthJSON
import NIOCore

/// A body of `multipart/form-data` (RFC 7578): each field as JSON, so that its type is not lost, each file as it is.
package struct MultipartForm: Sendable {
    let contentType: String
    let body: ByteBuffer

    init(fields: JSONObject, files: [(field: String, name: String, bytes: Data)]) {
        // Random, so that no content has it but by an accident of 2^-122.
        let boundary = "hearth-\(UUID().uuidString)"
        // So that what is long is copied once.
        var body = ByteBuffer()
        body.reserveCapacity(files.reduce(64 << 10) { $0 + $1.bytes.count })
        func part(_ head: String, _ bytes: Data) {
            body.writeString("--\(boundary)\r\nContent-Disposition: form-data; \(head)\r\n\r\n")
            body.writeBytes(bytes)
            body.writeString("\r\n")
        }
        for member in fields.members {
            part("name=\(Self.quoted(member.key))\r\nContent-Type: application/json", Data(member.value.encoded()))
        }
        for file in files {
            let name = URL(fileURLWithPath: file.name).lastPathComponent
            part(
                "name=\(Self.quoted(file.field)); filename=\(Self.quoted(name))"
                    + "\r\nContent-Type: application/octet-stream", file.bytes)
        }
        body.writeString("--\(boundary)--\r\n")
        self.body = body
        contentType = "multipart/form-data; boundary=\(boundary)"
    }

    /// As browsers escape names in this header (WHATWG HTML, multipart form data).
    private static func quoted(_ text: String) -> String {
        let escaped = text.replacing("\"", with: "%22").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
        return "\"\(escaped)\""
    }
}
