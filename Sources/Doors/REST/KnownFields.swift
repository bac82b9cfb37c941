import HearthCore
import HearthJSON

/// Refuses a field that an operation does not take before anything else of a request is looked at: the field that was
/// meant is missing then, and its own error would name no cause.
struct KnownFields {
    /// Where a field stands.
    enum Place {
        case query, json, form
    }

    private let properties: JSONValue?
    private let attachment: AttachmentRule?

    init(of operation: Operation) {
        properties = operation.inputSchema["properties"]
        attachment = operation.attachment
    }

    /// - Throws: ``HearthError`` `invalid_request`, which names the field that was probably meant.
    func check(_ name: String, in place: Place) throws(HearthError) {
        guard properties?[name] == nil else { return }
        let names = properties?.objectValue?.keys ?? []
        let others =
            switch place {
            case .query: [IndentedAnswer.field]
            case .json: [String]()
            case .form: attachment.map { [$0.field] } ?? []
            }
        let list = names.map { "`\($0)`" }.joined(separator: ", ")
        let meant = meant(by: name, in: place) ?? NearestName.of(name, among: names + others)
        throw HearthError(
            .invalidRequest, "`\(name.prefix(Self.longestShownName))` is not a known field.",
            hint: (meant.map { "Did you mean `\($0)`? " } ?? "")
                + (names.isEmpty ? "No fields are allowed here." : "Allowed: \(list)."))
    }

    /// The field of the attachment by the place, when another word for it stands there.
    private func meant(by name: String, in place: Place) -> String? {
        guard let attachment, attachment.isMeant(by: name) else { return nil }
        switch place {
        case .query: return nil
        case .json: return attachment.base64Field
        case .form: return attachment.field
        }
    }

    /// Characters of an unknown name that an error shows.
    private static let longestShownName = 80
}
