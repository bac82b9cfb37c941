/// A rule for every text file, whatever its language.
struct TextRule: Sendable, CustomStringConvertible {
    /// As a sentence that the tree keeps.
    let name: String
    private let check: @Sendable (TextFile) -> [Violation]

    init(_ name: String, _ check: @escaping @Sendable (TextFile) -> [Violation]) {
        self.name = name
        self.check = check
    }

    func violations(in file: TextFile) -> [Violation] { check(file) }

    var description: String { name }

    static let all: [TextRule] = [fileLength, lineLength, names, leftovers, plainWords, machinePaths]
}
