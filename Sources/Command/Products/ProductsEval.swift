import ArgumentParser

/// `hearth products eval`
struct ProductsEval: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval", abstract: "Say how well models tell products apart, on pictures of your own.",
        discussion: """
            FOLDER has one sub-folder for each product with several photos of it. A picture called iconic.* or shop.* \
            is the product's clean picture: photos are looked for among these as well. Each photo is looked for among \
            all others, as it is and after the changes that pictures usually go through. No server is needed, and \
            nothing is stored.

              hearth products eval SampleProducts --model scatter
            """)

    @OptionGroup var options: EvaluationOptions

    func run() async throws { try await EvaluationRun(options: options, subject: .product).run() }
}
