package import HearthJSON

package import struct Foundation.Data

extension HearthError {
    /// What is wrong with JSON that a client sent, or `internal_error` for a type that JSON cannot hold.
    ///
    /// An error of Hearth that a type's own initialiser has thrown while it was decoded is given back as it was.
    package init(_ error: JSONError) {
        if let cause = error.cause as? HearthError {
            self = cause
            return
        }
        self.init(
            error.kind == .fault ? .internalError : .invalidRequest, error.message, hint: error.hint,
            cause: error.cause ?? error)
    }
}

// The same functions with Hearth's own error, for text that comes from a client.

extension JSONParser {
    /// ``parse(_:maximumDepth:)`` of what a client sent.
    /// - Throws: ``HearthError`` `invalid_request`.
    package static func read(_ bytes: Data) throws(HearthError) -> JSONValue {
        do { return try parse(bytes) } catch { throw HearthError(error) }
    }

    /// ``parse(_:maximumDepth:maximumValues:)`` of what a client sent.
    /// - Throws: ``HearthError`` `invalid_request`.
    package static func read(
        _ bytes: UnsafeRawBufferPointer, maximumValues: Int = JSONParser.maximumValues
    ) throws(HearthError) -> JSONValue {
        do { return try parse(bytes, maximumValues: maximumValues) } catch { throw HearthError(error) }
    }

    /// ``document(_:largeStrings:maximumDepth:maximumValues:)`` of what a client sent.
    /// - Throws: ``HearthError`` `invalid_request`.
    package static func readDocument(
        _ body: Data, largeStrings: Set<String> = [], maximumValues: Int = JSONParser.maximumValues
    ) throws(HearthError) -> JSONDocument {
        do {
            return try document(body, largeStrings: largeStrings, maximumValues: maximumValues)
        } catch {
            throw HearthError(error)
        }
    }
}

extension JSONDocument {
    /// ``base64(_:)`` of what a client sent.
    /// - Throws: ``HearthError`` `invalid_request`.
    package func readBase64(_ key: String) throws(HearthError) -> Data? {
        do { return try base64(key) } catch { throw HearthError(error) }
    }
}

extension Base64 {
    /// ``decode(_:field:)`` of what a client sent.
    /// - Throws: ``HearthError`` `invalid_request`.
    package static func read(_ text: String, field: String = "base64") throws(HearthError) -> Data {
        do { return try decode(text, field: field) } catch { throw HearthError(error) }
    }
}

extension JSONValueDecoder {
    /// ``decode(_:from:)`` of what a client sent.
    /// - Throws: ``HearthError`` `invalid_request`, or what the type's own initialiser throws.
    package static func read<Value: Decodable>(
        _ type: Value.Type, from value: JSONValue
    ) throws(HearthError) -> Value {
        do { return try decode(type, from: value) } catch { throw HearthError(error) }
    }
}

extension JSONSchema {
    /// ``validate(_:)`` of what a client sent.
    /// - Throws: ``HearthError`` `invalid_request`.
    package func check(_ value: JSONValue) throws(HearthError) {
        do { try validate(value) } catch { throw HearthError(error) }
    }
}
