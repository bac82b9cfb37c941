import HearthCore
import HearthJSON

import struct Foundation.Data

/// One line, record or folder of an import.
struct ImportRow: Sendable {
    /// Of the file, from 1; of an archive without a list, the place of the folder.
    let line: Int
    /// The last line of it: a quoted field may go over several.
    let lastLine: Int
    /// Where the next row begins.
    let next: Int
    /// What it says, or why it cannot be used.
    let content: Result<Content, HearthError>

    /// A product as it is written.
    struct Content: Sendable {
        var externalID: String
        var template: String?
        var sourceType: String?
        var title: String?
        var description: String?
        var attributes: JSONValue?
        /// Pictures in the row itself.
        var pictures: [Data] = []
        /// Names of pictures in the archive.
        var pictureNames: [String] = []
    }
}

/// Gives the rows of an import, one after the other.
protocol RowReader: Sendable {
    /// Offsets below this are done.
    var count: Int { get }

    /// The next row; nil at the end.
    /// - Throws: what concerns the whole import.
    mutating func next() async throws -> ImportRow?

    /// A picture by the name that a row gives.
    /// - Throws: ``HearthError`` `invalid_request`, what storage throws.
    func picture(_ name: String) async throws -> Data
}

extension RowReader {
    func picture(_ name: String) async throws -> Data {
        throw HearthError(
            .invalidRequest, "The row names a picture, and there is no archive with it.",
            hint: "Send a zip file with the list and the pictures, or pictures in base64 as `images_base64`.")
    }
}
