import Foundation
import HearthCommand
import HearthCore

/// A registration whose name and picture are made unique in place, without building it again.
struct BenchRequest: Sendable {
    private(set) var bytes: [UInt8]
    private let nameOffset: Int?
    private let pictureOffset: Int
    private let isBase64: Bool

    /// Bytes of a picture.
    static let pictureBytes = 100_000
    /// Digits of a number, as they stand in name and picture.
    private static let digits = 12

    /// `POST path` with `{"name", "image_base64"}`, which Hearth and the old stack both take.
    init(json picture: [UInt8], path: String) {
        let front = Array(#"{"name":"#.utf8) + Array("\"c".utf8)
        let middle = Array(#"","image_base64":""#.utf8)
        let text = Array(Data(picture).base64EncodedData())
        let number = [UInt8](repeating: 48, count: Self.digits)
        let body = front + number + middle + text + Array("\"}".utf8)
        let head = Self.head(path, type: "application/json", length: body.count)
        bytes = head + body
        nameOffset = head.count + front.count
        pictureOffset = head.count + front.count + number.count + middle.count + Self.numberOffset / 3 * 4
        isBase64 = true
    }

    /// `POST path` with the picture as the body and the name in the query.
    ///
    /// - Parameter numbersName: whether there is a name; what takes none is asked without.
    init(raw picture: [UInt8], path: String, numbersName: Bool = true) {
        guard numbersName else {
            let head = Self.head(path, type: "application/octet-stream", length: picture.count)
            bytes = head + picture
            nameOffset = nil
            pictureOffset = head.count + Self.numberOffset
            isBase64 = false
            return
        }
        let line = "POST \(path)?name=c"
        let number = String(repeating: "0", count: Self.digits)
        let head = Self.head("\(path)?name=c\(number)", type: "application/octet-stream", length: picture.count)
        bytes = head + picture
        nameOffset = line.utf8.count
        pictureOffset = head.count + Self.numberOffset
        isBase64 = false
    }

    private static func head(_ path: String, type: String, length: Int) -> [UInt8] {
        Array(
            "POST \(path) HTTP/1.1\r\nhost: localhost\r\ncontent-type: \(type)\r\ncontent-length: \(length)\r\n\r\n"
                .utf8)
    }

    /// Makes this the request number `number`.
    mutating func setNumber(_ number: Int) {
        let text = String(number)
        let digits = Array((String(repeating: "0", count: Self.digits - text.count) + text).utf8)
        if let nameOffset { bytes.replaceSubrange(nameOffset..<nameOffset + digits.count, with: digits) }
        let mark = isBase64 ? Array(Data(digits).base64EncodedData()) : digits
        bytes.replaceSubrange(pictureOffset..<pictureOffset + mark.count, with: mark)
    }

    // MARK: Pictures

    /// Where a picture's number stands: behind the start mark, the comment's mark and its length; a multiple of three.
    private static let numberOffset = 6

    /// One of the sample pictures, filled up by comments, the first of which holds a number.
    static func picture(bytes: Int = pictureBytes) throws -> [UInt8] {
        let folder = URL(fileURLWithPath: try ProgramFiles.samples())
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        let pictures = (files?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "jpg" }
        guard let first = pictures.min(by: { $0.path < $1.path }) else {
            throw HearthError(.invalidConfiguration, "The sample pictures are missing.")
        }
        let sample = Array(try Data(contentsOf: first))
        var missing = bytes - sample.count - 4 - digits
        var comments = comment(digits)
        while missing > 4 {
            let length = min(missing - 4, 60_000)
            comments += comment(length)
            missing -= length + 4
        }
        return sample[..<2] + comments + sample[2...]
    }

    private static func comment(_ length: Int) -> [UInt8] {
        let field = length + 2
        return [0xFF, 0xFE, UInt8(field >> 8), UInt8(field & 255)] + [UInt8](repeating: 104, count: length)
    }
}
