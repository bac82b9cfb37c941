import HearthCore
import HearthJSON

/// The flags and arguments of an operation, read off the schema of its input.
///
/// The names in the canonical route are arguments, and behind them the texts and whole numbers that are required; every
/// other field is a flag of its own name, with dashes. An attachment is a flag with the path of a file. An argument may
/// be given as a flag as well.
struct OperationFields {
    /// One field.
    struct Field {
        /// What a text on the command line is read as.
        enum Kind {
            case text, integer, number, truth
            /// May be given several times.
            case texts
            /// JSON, or `@` and the path of a file with JSON; a text that begins no JSON value is taken as it is.
            case json
            /// The path of a file.
            case file
        }

        let name: String
        let kind: Kind
        let isRequired: Bool
        let isArgument: Bool
        let description: String
        /// All that is allowed; empty: no such list.
        let values: [String]

        /// `--character-id`.
        var flag: String { "--" + name.replacing("_", with: "-") }

        /// What stands for the value in help texts.
        var placeholder: String {
            switch kind {
            case .text, .texts: values.isEmpty ? "<text>" : "<\(values.joined(separator: "|"))>"
            case .integer, .number: "<number>"
            case .truth: ""
            case .json: "<json>"
            case .file: "<file>"
            }
        }
    }

    let fields: [Field]

    init(_ operation: HearthCore.Operation) {
        let schema = operation.inputSchema
        let required = Set(schema["required"]?.arrayValue?.compactMap(\.stringValue) ?? [])
        let inPath = operation.routes.first?.parameters ?? []
        var fields = (schema["properties"]?.objectValue?.members ?? []).compactMap { member -> Field? in
            guard member.key != operation.attachment?.base64Field else { return nil }
            let (kind, isRequired) = (Self.kind(of: member.value), required.contains(member.key))
            let isScalar = kind == .text || kind == .integer
            let values = member.value["enum"]?.arrayValue?.compactMap(\.stringValue) ?? []
            return Field(
                name: member.key, kind: kind, isRequired: isRequired,
                isArgument: inPath.contains(member.key) || (isRequired && isScalar && values.isEmpty),
                description: member.value["description"]?.stringValue ?? "", values: values)
        }
        if let rule = operation.attachment {
            fields.insert(
                Field(
                    name: rule.field, kind: .file, isRequired: rule.isRequired, isArgument: false,
                    description: "Path of the \(rule.kind == .image ? "picture" : "file").", values: []), at: 0)
        }
        let arguments = inPath.compactMap { name in fields.first { $0.name == name } }
        self.fields =
            arguments + fields.filter { $0.isArgument && !inPath.contains($0.name) } + fields.filter { !$0.isArgument }
    }

    private static func kind(of schema: JSONValue) -> Field.Kind {
        switch schema["type"]?.stringValue {
        case "string": .text
        case "integer": .integer
        case "number": .number
        case "boolean": .truth
        case "array" where schema["items"]?["type"] == "string": .texts
        default: .json
        }
    }
}
