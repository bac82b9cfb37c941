import Foundation
import HearthCore
import HearthJSON

/// What a command line says to an operation.
struct OperationArguments {
    private(set) var input = JSONObject()
    /// Fields whose values are files, with the files' paths.
    private(set) var files: [(field: String, path: String)] = []
    /// For ``ClientOptions``.
    private(set) var clientArguments: [String] = []
    private(set) var wantsHelp = false
    /// Whether the job of a queued operation is followed to its end.
    private(set) var waits = false
    /// Whether a person need not be asked before something is removed.
    private(set) var isConfirmed = false

    /// Flags that every command has; no operation may have a field of such a name, as a test proves.
    static let commonFlags = ["--url", "--data", "--ca-file", "--json", "--help"]
    /// Follows the job of a queued operation, which may have no field of this name either. Where another operation has
    /// the field `wait`, the flag is that field, and the server waits.
    static let waitFlag = "--wait"

    /// - Throws: ``HearthError`` `invalid_request` for a flag that there is none of, a value of another type, and a
    ///   field that is missing.
    init(_ arguments: [String], for operation: HearthCore.Operation) throws {
        let fields = OperationFields(operation).fields
        var positions = fields.filter(\.isArgument)[...]
        var rest = arguments[...]
        var isLiteral = false
        while let argument = rest.popFirst() {
            if argument == "--", !isLiteral {
                isLiteral = true
            } else if argument.hasPrefix("-"), argument.count > 1, Double(argument) == nil, !isLiteral {
                try readFlag(argument, fields, operation, &rest)
            } else {
                // One that was given as a flag already leaves its place to the next.
                while let next = positions.first, input[next.name] != nil { positions.removeFirst() }
                guard let field = positions.popFirst() else {
                    throw Self.refused("`\(argument)` is one argument too many.", operation)
                }
                try set(field, to: argument, operation)
            }
        }
        guard !wantsHelp else { return }
        for field in fields where field.isRequired && input[field.name] == nil {
            guard !files.contains(where: { $0.field == field.name }) else { continue }
            let name = field.isArgument ? "<\(field.name.replacing("_", with: "-"))>" : field.flag
            throw Self.refused("\(name) is missing.", operation)
        }
    }

    private mutating func readFlag(
        _ argument: String, _ fields: [OperationFields.Field], _ operation: HearthCore.Operation,
        _ rest: inout ArraySlice<String>
    ) throws {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let (flag, given) = (parts[0], parts.count > 1 ? parts[1] : nil)
        func value() throws -> String {
            guard let value = given ?? rest.popFirst() else { throw Self.refused("\(flag) needs a value.", operation) }
            return value
        }
        switch flag {
        case "-h", "--help": wantsHelp = true
        case "--json": clientArguments.append(flag)
        case "--url", "--data", "--ca-file": clientArguments += [flag, try value()]
        case Self.waitFlag where operation.isQueued: waits = true
        case Confirmation.flag where Confirmation.isNeeded(for: operation): isConfirmed = true
        default:
            if let field = fields.first(where: { $0.flag == flag }) {
                try set(field, to: field.kind == .truth ? given ?? "true" : value(), operation)
            } else if let field = fields.first(where: { $0.kind == .truth && "--no-\($0.flag.dropFirst(2))" == flag }) {
                try set(field, to: "false", operation)
            } else {
                let known = fields.map(\.flag) + (operation.isQueued ? [Self.waitFlag] : []) + Self.commonFlags
                let near = NearestName.of(flag, among: known).map { " Did you mean \($0)?" } ?? ""
                throw Self.refused("There is no flag \(flag).\(near)", operation)
            }
        }
    }

    private mutating func set(
        _ field: OperationFields.Field, to text: String, _ operation: HearthCore.Operation
    ) throws {
        if field.kind == .file { return files.append((field.name, text)) }
        if field.kind == .texts {
            let before = input[field.name]?.arrayValue ?? []
            input[field.name] = .array(before + [.string(text)])
            return
        }
        guard input[field.name] == nil else { throw Self.refused("\(field.flag) is given twice.", operation) }
        if !field.values.isEmpty, !field.values.contains(text) {
            throw Self.refused("\(field.flag) must be one of \(field.values.joined(separator: ", ")).", operation)
        }
        let value: JSONValue? =
            switch field.kind {
            case .integer: Int64(text).map(JSONValue.int)
            case .number: Double(text).flatMap { $0.isFinite ? $0 : nil }.map(JSONValue.double)
            case .truth: ["true": true, "false": false][text].map(JSONValue.bool)
            case .json: try Self.json(text, field)
            case .text, .texts, .file: .string(text)
            }
        guard let value else {
            throw Self.refused(
                "\(field.flag) must be \(field.kind == .truth ? "true or false" : "a number").", operation)
        }
        input[field.name] = value
    }

    private static func json(_ text: String, _ field: OperationFields.Field) throws -> JSONValue {
        if text.hasPrefix("@") { return try JSONParser.read(NamedFile.read(String(text.dropFirst()))) }
        guard let first = text.first, "{[\"-0123456789".contains(first) || ["true", "false", "null"].contains(text)
        else { return .string(text) }
        // `90s` begins like a number and is a text.
        if let value = try? JSONParser.read(Data(text.utf8)) { return value }
        guard !"{[\"".contains(first) else {
            throw HearthError(.invalidRequest, "\(field.flag) is no JSON: \(text.prefix(80))")
        }
        return .string(text)
    }

    private static func refused(_ message: String, _ operation: HearthCore.Operation) -> HearthError {
        let words = CommandTable.words(of: operation).joined(separator: " ")
        return HearthError(.invalidRequest, message, hint: "`hearth \(words) --help` shows what it takes.")
    }
}
