import ArgumentParser

/// `hearth studio eval`
struct StudioEval: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval", abstract: "Say how well models tell characters apart, on pictures of your own.",
        discussion: """
            FOLDER has one sub-folder for each character with several pictures of it. Pictures that lie in no \
            sub-folder are told apart by the beginning of their names: bolt-1.png and bolt-2.png show bolt. Each \
            picture is looked for among all others, as it is and after the changes that pictures usually go through. \
            No server is needed, and nothing is stored.

              hearth studio eval Samples --model scatter --model efficientnet-lite-scatter
            """)

    @OptionGroup var options: EvaluationOptions

    func run() async throws { try await EvaluationRun(options: options, subject: .character).run() }
}
