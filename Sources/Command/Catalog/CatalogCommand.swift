import ArgumentParser

/// `hearth catalog`
struct CatalogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "catalog", abstract: "Products that can be recognised: import, embed, scan, evaluate.",
        subcommands: [CatalogImport.self, CatalogBackfill.self, CatalogScan.self, CatalogEval.self])
}
