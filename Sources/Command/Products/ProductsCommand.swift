import ArgumentParser

/// `hearth products`
struct ProductsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "products", abstract: "Products that can be recognised: import, embed, scan, evaluate.",
        subcommands: [ProductsImport.self, ProductsBackfill.self, ProductsScan.self, ProductsEval.self])
}
