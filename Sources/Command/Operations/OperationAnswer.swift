import HearthCore
import HearthJSON

/// An operation's answer for people: a page as a table, anything else as names and values.
enum OperationAnswer {
    /// Longest cell of a table that has more cells behind it.
    private static let cellLength = 40
    /// Most columns of a table; `--json` shows all.
    private static let columns = 7

    static func show(_ answer: JSONValue) {
        for line in lines(answer) { Terminal.line(line) }
    }

    static func lines(_ answer: JSONValue) -> [String] {
        if let items = answer["items"]?.arrayValue {
            let more = answer["next_cursor"]?.stringValue.map { ["More: --cursor \($0)"] } ?? []
            return items.isEmpty ? ["None."] : table(items) + more
        }
        // An answer that is nothing but a list under one name.
        if let members = answer.objectValue?.members, members.count == 1, let items = members[0].value.arrayValue,
            items.first?.objectValue != nil
        {
            return table(items)
        }
        guard let members = answer.objectValue?.members else { return [text(answer)] }
        let width = (members.map(\.key.count).max() ?? 0) + 2
        return members.filter { !$0.value.isNull }.map { $0.key.padded(to: width) + text($0.value) }
    }

    private static func table(_ items: [JSONValue]) -> [String] {
        var names: [String] = []
        for item in items {
            for member in item.objectValue?.members ?? [] where isPlain(member.value) && !names.contains(member.key) {
                names.append(member.key)
            }
        }
        guard !names.isEmpty else { return items.map(text) }
        names = Array(names.prefix(columns))
        let rows = items.map { item in names.map { name in item[name].map(text) ?? "" } }
        return aligned([names.map { $0.uppercased() }] + rows)
    }

    /// Rows of cells as columns, two blanks between them; the last one is as long as it is.
    static func aligned(_ rows: [[String]]) -> [String] {
        let shown = rows.map { row in
            row.enumerated().map { index, cell in
                index < row.count - 1 && cell.count > cellLength ? String(cell.prefix(cellLength - 1)) + "…" : cell
            }
        }
        let count = shown.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in shown.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
        return shown.map { row in
            row.enumerated().map { index, cell in
                index == row.count - 1 ? cell : cell.padded(to: widths[index] + 2)
            }.joined()
        }
    }

    private static func isPlain(_ value: JSONValue) -> Bool {
        value.objectValue == nil && value.arrayValue == nil && !value.isNull
    }

    private static func text(_ value: JSONValue) -> String {
        value.stringValue ?? (value.isNull ? "" : value.encodedText())
    }
}
