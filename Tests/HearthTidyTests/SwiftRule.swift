/// A rule for Swift files.
struct SwiftRule: Sendable, CustomStringConvertible {
    /// As a sentence that the tree keeps.
    let name: String
    private let check: @Sendable (SwiftFile) -> [Violation]

    init(_ name: String, _ check: @escaping @Sendable (SwiftFile) -> [Violation]) {
        self.name = name
        self.check = check
    }

    func violations(in file: SwiftFile) -> [Violation] { check(file) }

    var description: String { name }

    static let all: [SwiftRule] = [
        imports, functionLength, bannedCalls, explainedUnsafety, leftovers, commentedOutCode, documentedTypes,
        documentedFunctions, typesInTheirFiles,
    ]
}
