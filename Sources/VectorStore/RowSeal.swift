import HearthCore
import HearthVectors

import struct Foundation.Data

/// How the rows of a collection are written and read: as they are, or sealed by the key of the collection's scope.
///
/// What is sealed is bound to its collection, its item and its owner: in another row it does not open. The ids
/// themselves stay readable, because rows are found by them.
struct RowSeal: Sendable {
    /// A place of a row.
    struct Place {
        let item: String
        let owner: String
    }

    private enum Column: String {
        case vector, attributes, payload, document
    }

    private let collection: String
    /// Nil: nothing is sealed.
    private let key: SealKey?

    init(collection: String, key: SealKey?) {
        self.collection = collection
        self.key = key
    }

    /// The bytes of a vector's column.
    func stored(_ vector: [Float], at place: Place) throws -> Data {
        let bytes = Data(littleEndian: vector)
        return try key?.seal(bytes, context: context(.vector, place)) ?? bytes
    }

    /// - Throws: ``HearthError`` `seal_broken`.
    func vector(_ stored: Data, at place: Place) throws -> [Float] {
        try (key?.open(stored, context: context(.vector, place)) ?? stored).littleEndianFloats
    }

    /// The text of the attributes' column.
    func stored(_ attributes: [String: AttributeValue], at place: Place) throws -> String? {
        try sealed(AttributeText.encode(attributes), .attributes, place)
    }

    /// - Throws: ``HearthError`` `seal_broken`.
    func attributes(_ stored: String?, at place: Place) throws -> [String: AttributeValue] {
        try AttributeText.decode(opened(stored, .attributes, place))
    }

    /// The text of the payload's column.
    func stored(payload: String?, at place: Place) throws -> String? { try sealed(payload, .payload, place) }

    /// - Throws: ``HearthError`` `seal_broken`.
    func payload(_ stored: String?, at place: Place) throws -> String? { try opened(stored, .payload, place) }

    /// The text of the document's column.
    func stored(document: String?, at place: Place) throws -> String? {
        try sealed(document.map(DocumentText.stored), .document, place)
    }

    /// - Throws: ``HearthError`` `seal_broken`.
    func document(_ stored: String?, at place: Place) throws -> String? {
        try opened(stored, .document, place).map(DocumentText.read)
    }

    private func sealed(_ text: String?, _ column: Column, _ place: Place) throws -> String? {
        guard let text, let key else { return text }
        return try key.seal(Data(text.utf8), context: context(column, place)).base64EncodedString()
    }

    private func opened(_ text: String?, _ column: Column, _ place: Place) throws -> String? {
        guard let text, let key else { return text }
        let bytes = try key.open(Data(base64Encoded: text) ?? Data(), context: context(column, place))
        return String(decoding: bytes, as: UTF8.self)
    }

    private func context(_ column: Column, _ place: Place) -> String {
        SealContext.text("row", collection, place.item, place.owner, column.rawValue)
    }
}

/// The key of a scope for the scan file of a collection.
struct SealedScan: ScanCipher {
    let key: SealKey

    var overhead: Int { SealKey.overhead }

    func seal(_ piece: Data, context: String) throws -> Data { try key.seal(piece, context: context) }

    func open(_ sealed: Data, context: String) throws -> Data { try key.open(sealed, context: context) }
}
