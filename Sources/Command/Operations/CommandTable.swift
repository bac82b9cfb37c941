import ArgumentParser
import HearthCore
import HearthJSON

/// Which command the words of a command line mean: one that is written by hand, or an operation.
///
/// The words of an operation are its name without the feature, when a thing and a verb are left:
/// `studio.characters.list` is `hearth characters list`, `jobs.list` is `hearth jobs list`,
/// `products.quick_scan` is `hearth products quick-scan`. `show` is another word for `get`, and a thing alone means its
/// `list`. The feature may be said as well: `hearth studio workflows list`. A command that is written by hand comes
/// first: it does more than call an operation.
struct CommandTable {
    /// What a command line means.
    enum Meaning {
        /// For the argument parser.
        case byHand
        case operation(HearthCore.Operation, arguments: [String])
        /// Show the verbs of a thing.
        case verbs(of: String)
        /// Show all that there is.
        case everything
        case unknown(thing: String, verb: String)
        /// There is no such first word.
        case unknownThing(String)
    }

    private let operations: [(words: [String], operation: HearthCore.Operation)]
    private let root: any ParsableCommand.Type

    init(_ registry: OperationRegistry, root: any ParsableCommand.Type = RootCommand.self) {
        operations = registry.operations.map { (Self.words(of: $0), $0) }
        self.root = root
    }

    /// Whether a word is a command written by hand that no verb can follow, so that the operations need not be known:
    /// `hearth serve` starts sooner without them.
    static func isWholeCommand(_ word: String?, root: any ParsableCommand.Type = RootCommand.self) -> Bool {
        root.configuration.subcommands.contains { name(of: $0) == word && $0.configuration.subcommands.isEmpty }
    }

    /// `studio.characters.list` → `characters list`.
    static func words(of operation: HearthCore.Operation) -> [String] {
        let parts = operation.name.split(separator: ".").map { String($0).replacing("_", with: "-") }
        return parts.count > 2 ? Array(parts.dropFirst()) : parts
    }

    func meaning(of arguments: [String]) -> Meaning {
        var arguments = arguments
        if arguments.first == "help" { arguments = Array(arguments.dropFirst()) + ["--help"] }
        let words = Array(arguments.prefix { !$0.hasPrefix("-") })
        if let inner = withoutFeature(words) {
            return meaning(of: inner + arguments.dropFirst(words.count))
        }
        let rest = Array(arguments.dropFirst(words.count))
        guard let thing = words.first else {
            return rest.isEmpty || rest.contains(where: Self.isHelp) ? .everything : .byHand
        }
        guard operations.contains(where: { $0.words[0] == thing }) else {
            return hand(thing) == nil ? .unknownThing(thing) : .byHand
        }
        if words.count == 1 {
            if rest.contains(where: Self.isHelp) { return .verbs(of: thing) }
            if hand(thing)?.configuration.defaultSubcommand != nil { return .byHand }
            guard let list = operation(for: [thing, "list"]) else { return .verbs(of: thing) }
            return .operation(list.operation, arguments: rest)
        }
        if verbsByHand(of: thing).contains(where: { Self.name(of: $0) == words[1] }) { return .byHand }
        if let found = operation(for: words) {
            return .operation(found.operation, arguments: Array(arguments.dropFirst(found.words.count)))
        }
        return .unknown(thing: thing, verb: words[1])
    }

    /// The words behind a feature's name, where that comes before one of its things; nil where it does not.
    private func withoutFeature(_ words: [String]) -> [String]? {
        guard words.count > 1, !verbsByHand(of: words[0]).contains(where: { Self.name(of: $0) == words[1] }),
            operations.contains(where: { entry in
                entry.words.count > 1 && entry.words[0] == words[1] && entry.operation.name.hasPrefix("\(words[0]).")
                    && entry.operation.name.split(separator: ".").count > 2
            })
        else { return nil }
        return Array(words.dropFirst())
    }

    /// The first word that a misspelt one probably stands for; nil when none is like it.
    func thing(like word: String) -> String? {
        NearestName.of(word, among: root.configuration.subcommands.map(Self.name) + overview.map(\.thing))
    }

    /// The same for the verb of a thing.
    func verb(like word: String, of thing: String) -> String? {
        NearestName.of(word, among: verbs(of: thing).map(\.verb))
    }

    /// The operation whose words begin a command line; of several, the one with the most words.
    private func operation(for words: [String]) -> (words: [String], operation: HearthCore.Operation)? {
        let candidates = [words, [words[0], words[1] == "show" ? "get" : words[1]] + words.dropFirst(2)]
        return operations.filter { entry in candidates.contains { $0.starts(with: entry.words) } }
            .max { $0.words.count < $1.words.count }
    }

    // MARK: Help

    /// The things of all operations, each with its verbs.
    var overview: [(thing: String, verbs: [String])] {
        var seen: [String] = []
        for entry in operations where !seen.contains(entry.words[0]) { seen.append(entry.words[0]) }
        return seen.map { thing in (thing, verbs(of: thing).map(\.verb)) }
    }

    /// The verbs of a thing with a line about each; those written by hand first.
    func verbs(of thing: String) -> [(verb: String, summary: String)] {
        let byHand = verbsByHand(of: thing).map { (verb: Self.name(of: $0), summary: $0.configuration.abstract) }
        let others = operations.filter { $0.words[0] == thing }.map {
            (verb: $0.words.dropFirst().joined(separator: " "), summary: $0.operation.summary)
        }
        return byHand + others.filter { other in !byHand.contains { $0.verb == other.verb } }
    }

    private func hand(_ thing: String) -> (any ParsableCommand.Type)? {
        root.configuration.subcommands.first { Self.name(of: $0) == thing }
    }

    private func verbsByHand(of thing: String) -> [any ParsableCommand.Type] {
        hand(thing)?.configuration.subcommands ?? []
    }

    private static func name(of command: any ParsableCommand.Type) -> String {
        command.configuration.commandName ?? String(describing: command).lowercased()
    }

    private static func isHelp(_ argument: String) -> Bool { ["-h", "--help", "-help"].contains(argument) }
}
