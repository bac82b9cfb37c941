import HearthCore
import HearthJSON
import NIOCore

/// The multipart body of `POST /predict`.
struct ImmichForm: Sendable {
    let entries: [ImmichEntry]
    let image: ByteBuffer?
    let text: String?

    /// - Throws: ``HearthError`` `unprocessable_content`, `unsupported_media_type`, `body_too_large`, `invalid_request`
    ///   for a body that is no form.
    init(_ body: ByteBuffer, contentType: String) throws(HearthError) {
        var parts: [String: ByteBuffer] = [:]
        for part in try MultipartParser(contentType: contentType).parts(of: body) {
            guard ["entries", "image", "text"].contains(part.name), let bytes = part.bytes(in: body) else { continue }
            guard parts.updateValue(bytes, forKey: part.name) == nil else {
                throw HearthError(.unprocessable, "There is more than one part `\(part.name)`.")
            }
        }
        guard let entries = parts["entries"] else {
            throw HearthError(.unprocessable, "The part `entries` is missing.")
        }
        try Self.checkLength(entries, "entries")
        self.entries = try entries.withUnsafeReadableBytes { bytes in
            Result { () throws(HearthError) in try ImmichEntry.entries(bytes) }
        }.get()
        image = parts["image"]
        text = try parts["text"].map { (bytes) throws(HearthError) in try Self.text(bytes) }
    }

    private static func text(_ bytes: ByteBuffer) throws(HearthError) -> String {
        try checkLength(bytes, "text")
        guard let text = String(clientText: bytes.readableBytesView) else {
            throw HearthError(
                .unprocessable, "The part `text` is not valid UTF-8, or \(CombiningMarks.problem).")
        }
        return text
    }

    private static func checkLength(_ bytes: ByteBuffer, _ name: String) throws(HearthError) {
        guard bytes.readableBytes <= Limits.textBytes else {
            throw HearthError(
                .bodyTooLarge, "The part `\(name)` is too long.", hint: "At most \(Limits.textBytes) bytes.")
        }
    }
}

/// One model that a request to Immich's host names, and what for.
struct ImmichEntry: Sendable, Equatable {
    /// `clip`, `facial-recognition` or `ocr`.
    var task: String
    /// `visual`, `textual`, `detection`, `recognition`.
    var type: String
    var modelName: String

    /// Reads `{task: {type: {modelName, options}}}`; the options say nothing that Hearth's models could use.
    /// - Throws: ``HearthError`` `unprocessable_content`.
    static func entries(_ json: UnsafeRawBufferPointer) throws(HearthError) -> [ImmichEntry] {
        let value: JSONValue
        do {
            value = try JSONParser.read(json)
        } catch {
            throw malformed(error.message)
        }
        guard let tasks = value.objectValue else { throw malformed("It must be an object.") }
        var entries: [ImmichEntry] = []
        for task in tasks.members {
            guard let types = task.value.objectValue else { throw malformed("A task must be an object.") }
            for type in types.members {
                guard let name = type.value["modelName"]?.stringValue, !name.isEmpty else {
                    throw malformed("A type has no `modelName`.")
                }
                if let options = type.value["options"], !options.isNull, options.objectValue == nil {
                    throw malformed("`options` must be an object.")
                }
                entries.append(ImmichEntry(task: task.key, type: type.key, modelName: name))
            }
        }
        return entries
    }

    private static func malformed(_ what: String) -> HearthError {
        HearthError(
            .unprocessable, "The part `entries` is malformed. \(what)",
            hint: #"It is JSON such as {"clip": {"visual": {"modelName": "…"}}}."#)
    }
}
