package import HearthCore
package import HearthJSON

/// A record and its number in what the client sent.
package struct NumberedRecord: Sendable {
    package let number: Int
    package let source: RecordSource

    package init(_ number: Int, _ source: RecordSource) {
        self.number = number
        self.source = source
    }
}

/// One record of a request before it is checked.
package enum RecordSource: Sendable {
    case json(JSONValue)
    case draft(RecordDraft)
    /// What was there could not be read.
    case broken(HearthError)

    /// What the client calls it, if that can be seen.
    package var id: String? {
        switch self {
        case .json(let value): value["id"]?.stringValue
        case .draft(let draft): draft.id
        case .broken: nil
        }
    }

    func draft() throws(HearthError) -> RecordDraft {
        switch self {
        case .json(let value): try RecordDraft(value)
        case .draft(let draft): draft
        case .broken(let error): throw error
        }
    }
}
