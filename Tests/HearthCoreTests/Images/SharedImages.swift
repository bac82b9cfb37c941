import Foundation
import HearthCore
import HearthJSON
import HearthTesting
import Testing

/// Broken and odd pictures, which are not part of the package.
enum SharedImages {
    private static let list = "data/broken-images/expect.json"

    static let areThere = SharedData.has(list)
    static let absence = Comment(rawValue: SharedData.reason(list))

    static let folder = SharedData.url("data/broken-images")

    /// One line of the folder's `expect.json`.
    struct Expectation: Decodable {
        var file: String
        var kind: String
        var expect: String

        func bytes() throws -> Data {
            try Data(contentsOf: SharedImages.folder.appending(path: file))
        }
    }

    static func expectations() throws -> [Expectation] {
        let text = try Data(contentsOf: SharedData.url(list))
        return try JSONValueDecoder.read([Expectation].self, from: JSONParser.read(text))
    }
}
