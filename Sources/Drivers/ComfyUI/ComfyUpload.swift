import HearthCore
import NIOCore

import struct Foundation.Data

/// The form by which a picture is loaded up.
struct ComfyUpload {
    /// Below the server's folder of pictures that do not stay.
    static let subfolder = "hearth"

    let body: ByteBuffer
    let contentType: String

    /// - Parameter name: of letters, digits, dots and dashes.
    ///
    /// Without `overwrite` the server keeps a file of the same name and bytes as it is, so that a prompt which reads it
    /// meanwhile never finds half of it.
    init(_ picture: Data, name: String) {
        // The bytes of a picture cannot hold it: it is random.
        let boundary = "hearth-\(Identifier.make())"
        var body = ByteBuffer()
        body.reserveCapacity(picture.count + 1_024)
        for (field, value) in [("type", "temp"), ("subfolder", Self.subfolder)] {
            body.writeString("--\(boundary)\r\nContent-Disposition: form-data; name=\"\(field)\"\r\n\r\n\(value)\r\n")
        }
        body.writeString(
            "--\(boundary)\r\nContent-Disposition: form-data; name=\"image\"; filename=\"\(name)\"\r\n"
                + "Content-Type: application/octet-stream\r\n\r\n")
        body.writeBytes(picture)
        body.writeString("\r\n--\(boundary)--\r\n")
        self.body = body
        contentType = "multipart/form-data; boundary=\(boundary)"
    }
}
