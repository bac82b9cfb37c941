import HearthCore
import HearthJSON

/// An operation's answer for people: a page as a table, anything else as names and values. Lists of objects in it are
/// tables of their own, below their names; `--json` shows all as it came.
struct OperationAnswer {
    private let cells: AnswerCell
    /// What the table of a page shows; nil: what is there, up to a number of columns.
    private let chosen: [String]?

    /// Longest cell of a table that has more cells behind it.
    private static let cellLength = 40
    /// Most columns of a table; `--json` shows all.
    private static let columns = 7
    /// Longest object that stands in one line.
    private static let lineLength = 90

    static func show(_ answer: JSONValue) {
        for line in lines(answer) { Terminal.line(line) }
    }

    /// - Parameters:
    ///   - columns: of the table of a page; nil: what is there.
    ///   - now: milliseconds since 1970, for ages.
    static func lines(
        _ answer: JSONValue, columns: [String]? = nil, now: Int64 = SystemClock().now()
    ) -> [String] {
        let text = OperationAnswer(cells: AnswerCell(now: now), chosen: columns)
        if let items = answer["items"]?.arrayValue {
            let more = answer["next_cursor"]?.stringValue.map { ["More: --cursor \($0)"] } ?? []
            let hint = answer["hint"]?.stringValue.map { [$0] } ?? []
            return items.isEmpty ? ["None."] + hint : text.list(items) + more
        }
        // An answer that is nothing but a list under one name.
        if let members = answer.objectValue?.members, members.count == 1, let items = members[0].value.arrayValue,
            items.first?.objectValue != nil
        {
            return text.list(items)
        }
        return text.block(answer)
    }

    /// A value over as many lines as it needs.
    private func block(_ value: JSONValue) -> [String] {
        if let items = value.arrayValue { return list(items) }
        guard let object = value.objectValue else { return [cells.text("", value)] }
        let members = object.members.filter { !$0.value.isNull }
        let inline = members.filter { isInline($0.key, $0.value) }
        let width = (inline.map(\.key.count).max() ?? 0) + 2
        return members.flatMap { member -> [String] in
            let (name, value) = (member.key, member.value)
            if isInline(name, value) { return [name.padded(to: width) + cells.text(name, value)] }
            return [name] + (named(value) ?? block(value)).map { "  \($0)" }
        }
    }

    private func isInline(_ name: String, _ value: JSONValue) -> Bool {
        guard AnswerCell.isFlat(value) else { return false }
        return AnswerCell.isPlain(value) || cells.text(name, value).count <= Self.lineLength
    }

    /// Objects of one kind, each under a name, as a table; nil for anything else.
    private func named(_ value: JSONValue) -> [String]? {
        guard let members = value.objectValue?.members, members.count > 1,
            members.allSatisfy({ $0.value.objectValue?.isEmpty == false && AnswerCell.isFlat($0.value) })
        else { return nil }
        let items = members.map { entry -> JSONValue in
            var item: JSONObject = ["name": .string(entry.key)]
            for member in entry.value.objectValue?.members ?? [] { item[member.key] = member.value }
            return .object(item)
        }
        return table(items)
    }

    private func list(_ items: [JSONValue]) -> [String] {
        guard items.allSatisfy({ $0.objectValue != nil }) else {
            return items.flatMap { AnswerCell.isFlat($0) ? [cells.text("", $0)] : block($0) }
        }
        // Lists within, such as the matches of each query, would not fit into cells.
        let hasLists = items.contains { item in
            (item.objectValue?.members ?? []).contains { $0.value.arrayValue?.first?.objectValue != nil }
        }
        return hasLists ? Array(items.map(block).joined(separator: [""])) : table(items)
    }

    private func table(_ items: [JSONValue]) -> [String] {
        let shown = columns(of: items)
        guard !shown.isEmpty else { return items.flatMap(block) }
        let rows = items.map { item in
            shown.enumerated().map { index, name in
                item[name].map { cells.cell(name, $0, isFirst: index == 0) } ?? "-"
            }
        }
        return Self.aligned([shown.map(AnswerCell.heading)] + rows)
    }

    /// The names that some item has a value for: single values first, of which the last place is for a moment; what
    /// holds several values takes the width that is left.
    private func columns(of items: [JSONValue]) -> [String] {
        var names: [(name: String, isPlain: Bool)] = []
        for member in items.flatMap({ $0.objectValue?.members ?? [] }) {
            guard AnswerCell.isFlat(member.value), !isEmpty(member.value),
                !names.contains(where: { $0.name == member.key })
            else { continue }
            names.append((member.key, AnswerCell.isPlain(member.value)))
        }
        let moments = names.filter { $0.isPlain && AnswerCell.isMoment($0.name) }
        if let chosen { return chosen.filter { name in names.contains { $0.name == name } } }
        // A name says more than the identifier beside it.
        let plain = names.filter { name in
            name.isPlain && !AnswerCell.isMoment(name.name)
                && (name.name == names.first?.name || !names.contains { "\($0.name)_id" == name.name })
        }
        let most = Self.columns - (moments.isEmpty ? 0 : 1)
        return (plain.prefix(most) + moments + names.filter { !$0.isPlain }).prefix(Self.columns).map(\.name)
    }

    private func isEmpty(_ value: JSONValue) -> Bool {
        value.isNull || value == "" || value.arrayValue?.isEmpty == true || value.objectValue?.isEmpty == true
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
}
