package import HearthVectors

/// What the values of a declared attribute are.
package enum AttributeKind: String, Sendable, Codable, CaseIterable {
    case text, number, flag

    package init(_ value: AttributeValue) {
        self =
            switch value {
            case .text: .text
            case .number: .number
            case .flag: .flag
            }
    }

    /// In a sentence.
    package var noun: String {
        switch self {
        case .text: "a text"
        case .number: "a number"
        case .flag: "true or false"
        }
    }
}
