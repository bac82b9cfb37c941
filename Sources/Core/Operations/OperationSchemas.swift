import HearthJSON

/// The schemas of an operation's input and output, read off its types when one is first used: a server and the command
/// line declare every operation at their start and use few of them at once.
final class OperationSchemas: Sendable {
    private struct Made: Sendable {
        /// Without unknown fields.
        var input: JSONSchema?
        /// With any: a job of an earlier version may have fields that its operation has no longer.
        var stored: JSONSchema?
        var inputJSON: JSONValue = ["type": "object"]
        var outputJSON: JSONValue = [:]
        var problem: String?
    }

    private let make: @Sendable () -> Made
    private let made = Locked<Made?>(nil)

    init<Input: Decodable & Sendable, Output: Decodable & Sendable>(
        _ input: Input.Type, _ output: Output.Type, attachment: AttachmentRule?
    ) {
        make = {
            var made = Made()
            do {
                let (input, output) = (try JSONSchema(Input.self), try JSONSchema(Output.self))
                made.stored = input
                let closed = JSONSchema(json: attachment?.added(to: input.json) ?? input.json).closed
                made.input = closed
                made.inputJSON = closed.json
                made.outputJSON = output.json
                let stray = input.strayNotes + output.strayNotes
                if !stray.isEmpty { made.problem = "Notes that fit no field: \(stray.joined(separator: ", "))." }
            } catch {
                made.problem = "\(error)"
            }
            return made
        }
    }

    var input: JSONValue { current.inputJSON }
    var output: JSONValue { current.outputJSON }
    var problem: String? { current.problem }

    /// Checks what a caller sends: the bounds of the input's schema, and that it has no unknown field.
    /// - Throws: ``HearthError`` `invalid_request`, which names an unknown field and the one that was probably meant;
    ///   `internal_error` when the type has no schema.
    func validate(_ value: JSONValue) throws { try check(value, by: \.input) }

    /// Checks the input of a job: the bounds of the schema. Unknown fields are ignored.
    /// - Throws: as ``validate(_:)``.
    func validate(stored value: JSONValue) throws { try check(value, by: \.stored) }

    private func check(_ value: JSONValue, by schema: KeyPath<Made, JSONSchema?>) throws {
        let made = current
        guard let schema = made[keyPath: schema] else {
            throw HearthError(.internalError, made.problem ?? "There is no schema.")
        }
        try schema.check(value)
    }

    private var current: Made {
        made.withLock { made in
            if let made { return made }
            let new = make()
            made = new
            return new
        }
    }
}
