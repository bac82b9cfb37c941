import Foundation
import HearthCore
import HearthJSON
import HearthModelLibrary

/// The part of a demonstration that recognises products: each is added with its shop picture and found in photos.
struct DemoProducts {
    let client: APIClient

    /// What it took.
    struct Figures {
        /// Of the first scans, each of a photo that the server has not seen …
        var scans: [Duration] = []
        /// … and of the same photos again.
        var again: [Duration] = []
        var found = 0

        /// Whether every photo showed what it shows.
        var isFine: Bool { found == scans.count }
    }

    /// The sample products that come with Hearth.
    static func samples() throws -> String {
        let models = URL(fileURLWithPath: try BuiltInModels.folder())
        return models.deletingLastPathComponent().appending(path: "SampleProducts").path
    }

    func run(folder: String) async throws -> Figures {
        let pictures = try LabelledPictures(folder: folder, separatesShop: true)
        try await add(pictures, folder: folder)
        var figures = Figures()
        Terminal.line("   " + "photo of".padded(to: 24) + "found".padded(to: 24) + "score".padded(to: 8) + "time")
        for picture in pictures.views {
            let (reply, time) = try await scan(picture)
            let match = reply["matches"]?[0]
            let isFound = match?["external_id"]?.stringValue == picture.owner
            figures.scans.append(time)
            figures.found += isFound ? 1 : 0
            figures.again.append(try await scan(picture).time)
            guard picture.path.hasSuffix("view-1.jpg") || !isFound else { continue }
            let score = String(format: "%.3f", match?["score"]?.doubleValue ?? 0)
            Terminal.line(
                "   " + picture.owner.padded(to: 24)
                    + "\(isFound ? "✓" : "✗") \(match?["external_id"]?.stringValue ?? "nothing")".padded(to: 24)
                    + score.padded(to: 8) + DemoSummary.milliseconds(time))
        }
        return figures
    }

    /// Adds each product, and waits until all can be found.
    private func add(_ pictures: LabelledPictures, folder: String) async throws {
        for picture in pictures.shop {
            let file = URL(fileURLWithPath: "\(folder)/\(picture.owner)/description.txt")
            let lines = ((try? String(contentsOf: file, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
            try await client.send(
                .post, "/products",
                query: [
                    "external_id": picture.owner, "template": "corner-shop", "title": lines.first,
                    "description": lines.dropFirst().first,
                ], body: .picture(try NamedFile.read(picture.path)))
        }
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            let left = try await client.send(.get, "/products/backfill")
            if left["missing"]?.integerValue == 0 { return }
            try await Task.sleep(for: .milliseconds(30))
        }
        throw HearthError(.deadlineExceeded, "The products were not embedded in time.")
    }

    private func scan(_ picture: LabelledPictures.Picture) async throws -> (reply: JSONValue, time: Duration) {
        let bytes = try NamedFile.read(picture.path)
        let start = ContinuousClock.now
        let reply = try await client.send(
            .post, "/products/orchestrate/quick-scan", query: ["template": "corner-shop", "k": "3"],
            body: .picture(bytes))
        return (reply, ContinuousClock.now - start)
    }
}
