import ArgumentParser
import Foundation
import HearthCore
import HearthJSON
import HearthProducts

/// `hearth products eval`
struct ProductsEval: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval", abstract: "Say how well a model tells products apart, on pictures of your own.",
        discussion: """
            FOLDER has one sub-folder for each product with several photos of it. A picture called iconic.* or shop.* \
            is the product's clean picture: photos are looked for among these as well. With --models a server of its \
            own is started and stopped; otherwise the running one is asked.
            """)

    @Argument(help: "Folder with one sub-folder for each product.") var folder: String
    @Option(help: "Id of the model; the one that serves pictures when absent.") var model: String?
    @Option(help: "Folders with model folders in them, for a server of its own.") var models: String?
    @OptionGroup var options: ClientOptions

    func run() async throws {
        let pictures = try ProductsPictures(folder: folder)
        guard let models else { return try await evaluate(pictures, try await options.client()) }
        let data = FileManager.default.temporaryDirectory.appending(path: "hearth-eval-\(getpid())").path
        let server = try LocalServer(
            data: data, arguments: ["--models", models] + (model.map { ["--anchor-model", $0] } ?? []),
            log: "\(data).log")
        defer {
            server.stop()
            server.removeFiles()
        }
        try await server.start()
        try await server.waitUntilReady()
        try await evaluate(pictures, server.client)
    }

    private func evaluate(_ pictures: ProductsPictures, _ client: APIClient) async throws {
        var name = model ?? ""
        func views(_ pictures: [ProductsPictures.Picture]) async throws -> [RetrievalEvaluation.View] {
            var views: [RetrievalEvaluation.View] = []
            for picture in pictures {
                let reply = try await client.send(
                    .post, "/embed", query: ["model": model], body: .picture(try NamedFile.read(picture.path)))
                name = reply["model"]?["id"]?.stringValue ?? reply["model"]?.stringValue ?? name
                let vector = (reply["embedding"]?.arrayValue ?? []).compactMap { $0.doubleValue.map(Float.init) }
                views.append(RetrievalEvaluation.View(product: picture.product, vector: vector))
            }
            return views
        }
        let result = RetrievalEvaluation().evaluate(
            views: try await views(pictures.views), shop: try await views(pictures.shop))
        var reply = try JSONValueEncoder.encode(result)
        reply["model"] = .string(name)
        options.show(reply) { _ in show(result, model: name) }
    }

    private func show(_ result: RetrievalEvaluation.Result, model: String) {
        func row(_ name: String, _ value: Double) {
            Terminal.line("  \(name.padded(to: 34))\(String(format: "%.4f", value))")
        }
        Terminal.line("\(result.views) photos of \(result.products) products, by \(model)")
        row("top 1, leaving one out", result.top1)
        row("top 5, leaving one out", result.top5)
        for depth in RetrievalEvaluation.depths { row("recall @\(depth)", result.recall["@\(depth)"] ?? 0) }
        if let shop = result.viewToShop { row("photo → shop picture, top 1", shop) }
    }
}
