import ArgumentParser
import Foundation
import HearthCore
import HearthJSON
import HearthJobs

/// Runs an operation from the command line, by the words and flags that its declaration gives it.
struct OperationCommand {
    let operation: HearthCore.Operation

    /// What an answer may take beyond the operation's own deadline: transfer, and a server that is busy.
    static let patience: Duration = .seconds(30)

    /// Whether a person at a terminal is asked before it is called.
    private var asksBefore: Bool { Confirmation.isNeeded(for: operation) }

    func run(_ arguments: [String]) async throws {
        let said = try OperationArguments(arguments, for: operation)
        if said.wantsHelp { return Terminal.line(help) }
        let options = try ClientOptions.parse(said.clientArguments)
        let client = try await options.client()
        if asksBefore {
            let what = operation.routes.first?.parameters.compactMap { said.input[$0]?.stringValue }.joined(
                separator: " ")
            try Confirmation.require(
                "\(operation.summary.trimmingSuffix(".")): \(what ?? ""). This cannot be undone. Go on?",
                isGiven: said.isConfirmed)
        }
        let reply: JSONValue
        do {
            reply = try await client.call(
                operation.name, said.input, files: said.files, timeout: operation.deadline + Self.patience)
        } catch let error as HearthError {
            throw CommandWords.shown(error, for: operation)
        }
        guard operation.isQueued, said.waits, let job = reply["job_id"]?.stringValue else {
            return options.show(reply) { OperationView.show($0, of: operation.name) }
        }
        let view = JobProgressView(client: client, json: options.json)
        let ended = try await view.follow(job, label: CommandTable.words(of: operation).last ?? "")
        if !options.json { OperationAnswer.show(ended) }
        guard ended["status"]?.stringValue == JobState.completed.rawValue else { throw ExitCode.failure }
    }

    // MARK: Help

    var help: String {
        let fields = OperationFields(operation).fields
        let words = CommandTable.words(of: operation).joined(separator: " ")
        let usage = fields.map(Self.usage).joined(separator: " ")
        var text = "OVERVIEW: \(operation.summary)\n\n\(Self.wrapped(operation.description, indent: 0))\n\n"
        text += Self.wrapped("USAGE: hearth \(words) \(usage)", indent: 7) + "\n"
        let arguments = fields.filter(\.isArgument)
        if !arguments.isEmpty { text += "\nARGUMENTS:\n" + arguments.map(Self.line).joined() }
        text += "\nOPTIONS:\n" + fields.filter { !$0.isArgument }.map(Self.line).joined()
        if operation.isQueued { text += Self.row(OperationArguments.waitFlag, "Follow the job to its end.") }
        if asksBefore { text += Self.row(Confirmation.flag, "Do not ask; a program that calls is not asked either.") }
        text += Self.row("--json", "Print JSON.")
        text += Self.row("--url <url>", "Address of the server; HEARTH_URL or the one of the data folder when absent.")
        text += Self.row("--data <folder>", "Data folder whose server is meant.")
        text += Self.row("--ca-file <file>", Setting.caFile.definition.help)
        let route = operation.routes.first.map { ", \($0.method.rawValue) \($0.path)" } ?? ""
        return text + "\nThis is the operation \(operation.name)\(route); permission \(operation.permission.rawValue)."
    }

    private static func usage(_ field: OperationFields.Field) -> String {
        let name = field.name.replacing("_", with: "-")
        let text = field.isArgument ? "<\(name)>" : [field.flag, shown(field)].joined(separator: " ")
        let trimmed = text.trimmingCharacters(in: .whitespaces)
        return field.isRequired ? trimmed : "[\(trimmed)]"
    }

    /// A long list of values stands in the line about the field.
    private static func shown(_ field: OperationFields.Field) -> String {
        field.placeholder.count > 40 ? "<text>" : field.placeholder
    }

    private static func line(_ field: OperationFields.Field) -> String {
        let name = field.name.replacing("_", with: "-")
        let left = field.isArgument ? "<\(name)>" : "\(field.flag) \(shown(field))"
        let values = field.values.isEmpty ? "" : " One of \(field.values.joined(separator: ", "))."
        return row(left, field.description + values + (field.isRequired && !field.isArgument ? " Required." : ""))
    }

    private static func row(_ left: String, _ right: String) -> String {
        let column = 28
        let head = "  \(left)".padded(to: column)
        let gap = head.count > column ? "\n" + String(repeating: " ", count: column) : ""
        return head + gap + wrapped(right, indent: column, isContinued: true) + "\n"
    }

    /// Lines of at most 100 characters.
    private static func wrapped(_ text: String, indent: Int, isContinued: Bool = false) -> String {
        let pad = String(repeating: " ", count: indent)
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            let isFirst = lines.isEmpty && !isContinued
            if !line.isEmpty, line.count + word.count + 1 > 100 - (isFirst ? 0 : indent) {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return (lines + [line]).joined(separator: "\n\(pad)")
    }
}
