import Foundation
import HearthCore

/// JPEGs for measurements, each with a comment that holds a number: as many different files as a run needs, at no cost.
struct BenchPictures: Sendable {
    /// Files with space for a number.
    let files: [[UInt8]]

    /// Digits of a number.
    static let digits = 12
    /// Where the number stands: behind start mark, comment's mark and length.
    static let numberOffset = 6

    /// - Parameter path: A JPEG, or a folder of them.
    /// - Throws: ``HearthError`` `invalid_configuration` when there is none.
    init(path: String) throws {
        let url = URL(fileURLWithPath: path)
        var urls = [url]
        if (try? url.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) == true {
            urls = try FileManager.default.contentsOfDirectory(at: url, includingPropertiesForKeys: nil)
                .filter { ["jpg", "jpeg"].contains($0.pathExtension.lowercased()) }.sorted { $0.path < $1.path }
        }
        files = try urls.compactMap { url in
            let bytes = Array(try Data(contentsOf: url))
            return bytes.starts(with: [0xFF, 0xD8]) ? Self.withComment(bytes) : nil
        }
        guard !files.isEmpty else { throw HearthError(.invalidConfiguration, "There is no JPEG at \(path).") }
    }

    private static func withComment(_ picture: [UInt8]) -> [UInt8] {
        let field = [0xFF, 0xFE, 0, UInt8(digits + 2)] + [UInt8](repeating: 48, count: digits)
        return picture[..<2] + field + picture[2...]
    }

    /// The digits of a number, as they stand in a picture.
    static func text(_ number: Int) -> [UInt8] {
        let text = String(number)
        return Array((String(repeating: "0", count: digits - text.count) + text).utf8)
    }
}
