import Foundation
import HearthCore
import HearthJSON
import Testing

/// The optional folder of broken and odd pictures: `HEARTH_SHARED`, or `shared` beside the package.
enum SharedImages {
    static let absence: Comment = "HEARTH_SHARED names no folder with data/broken-images, and ../shared has none"

    /// The folder of pictures, nil when it is not on this machine.
    static let folder: URL? = {
        let package = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardized
        let given = ProcessInfo.processInfo.environment["HEARTH_SHARED"].map { URL(filePath: $0) }
        let shared = given ?? package.deletingLastPathComponent().appending(path: "shared")
        let folder = shared.appending(path: "data/broken-images")
        return FileManager.default.fileExists(atPath: folder.appending(path: "expect.json").path) ? folder : nil
    }()

    /// One line of the folder's `expect.json`.
    struct Expectation: Decodable {
        var file: String
        var kind: String
        var expect: String

        func bytes() throws -> Data {
            try Data(contentsOf: try #require(SharedImages.folder).appending(path: file))
        }
    }

    static func expectations() throws -> [Expectation] {
        let text = try Data(contentsOf: try #require(folder).appending(path: "expect.json"))
        return try JSONValueDecoder.read([Expectation].self, from: JSONParser.read(text))
    }
}
