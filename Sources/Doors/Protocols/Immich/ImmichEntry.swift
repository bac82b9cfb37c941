import HearthCore
import HearthJSON

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
