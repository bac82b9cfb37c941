import Foundation
import HearthCore
import HearthInference
import HearthJSON

/// The figures of an evaluation, for people and as JSON.
struct EvaluationTable {
    let reports: [EvaluationRun.Report]
    let subject: EvaluationRun.Subject

    private static let unchanged = "as it is"

    /// `{"models": [{"model", "match_threshold", "changes": [{"change", …}]}]}`; the change `none` is of the pictures
    /// as they are.
    var json: JSONValue {
        get throws {
            let models = try reports.map { report -> JSONValue in
                var entry: JSONObject = ["model": .string(report.model.id)]
                entry["match_threshold"] = report.model.match.map { .double($0.threshold) }
                entry["changes"] = .array(
                    try report.rows.map { row -> JSONValue in
                        var value: JSONObject = ["change": .string(row.change?.rawValue ?? "none")]
                        for member in try JSONValueEncoder.encode(row.result).objectValue?.members ?? [] {
                            value[member.key] = member.value
                        }
                        return .object(value)
                    })
                return .object(entry)
            }
            return ["models": .array(models)]
        }
    }

    var lines: [String] {
        var lines: [String] = []
        for report in reports { lines += Self.lines(of: report, subject) + [""] }
        if reports.count > 1 { lines += comparison + [""] }
        return lines + legend
    }

    // MARK: One model

    private static func lines(of report: EvaluationRun.Report, _ subject: EvaluationRun.Subject) -> [String] {
        let plain = report.rows[0].result
        let counts = "\(counted(plain.pictures, "picture")) of \(counted(plain.owners, subject.rawValue))"
        var head = ["change", "pictures", "another", "itself"]
        if plain.viewToShop != nil { head.append("shop") }
        if plain.decision != nil { head += ["known", "itself known", "strangers taken"] }
        let rows = report.rows.map { row -> [String] in
            let result = row.result
            var cells = [
                row.change?.summary ?? unchanged, String(result.pictures), share(result.top1), share(result.itself),
            ]
            if plain.viewToShop != nil { cells.append(share(result.viewToShop)) }
            if let decision = result.decision {
                cells += [share(decision.known), share(decision.itselfKnown), share(decision.strangersAccepted)]
            }
            return cells
        }
        let threshold = plain.decision.map { "a match from \(score($0.threshold))" } ?? "it names no threshold"
        return ["\(report.model.id): \(counts); \(threshold)"]
            + OperationAnswer.aligned([head] + rows).map { "  \($0)" } + depths(plain) + suggestion(plain)
    }

    private static func depths(_ result: RetrievalEvaluation.Result) -> [String] {
        guard result.repeated > 0 else { return [] }
        let shares = RetrievalEvaluation.depths.map { "\($0) nearest \(share(result.found["@\($0)"]))" }
        return [
            "  As it is: another is among the five nearest \(share(result.top5))",
            "  Of all others that could be there, found among the " + shares.joined(separator: ", "),
        ]
    }

    private static func suggestion(_ result: RetrievalEvaluation.Result) -> [String] {
        guard let five = result.strangerThresholds["0.05"], let one = result.strangerThresholds["0.01"] else {
            return []
        }
        return ["  On these pictures 5 % of strangers reach \(score(five)), and 1 % reach \(score(one))"]
    }

    // MARK: Several models

    /// The share that finds another picture of its owner, or itself where no owner has two, for each model and change.
    private var comparison: [String] {
        let head = [["change"] + reports.map(\.model.id)]
        let rows = reports[0].rows.map { row in
            [row.change?.summary ?? Self.unchanged]
                + reports.map { report in
                    let result = report.rows.first { $0.change == row.change }?.result
                    return Self.share(result?.top1 ?? result?.itself)
                }
        }
        return OperationAnswer.aligned(head + rows)
    }

    private var legend: [String] {
        let owner = subject.rawValue
        let lines = [
            "another: the nearest of all other pictures shows the same \(owner).",
            "itself: the same, when the unchanged picture is there too.",
            "found: the nearest one alone is easily right; among more, all other pictures of the \(owner) are wanted.",
        ]
        let shop =
            reports[0].rows[0].result.viewToShop == nil ? [] : ["shop: the nearest shop picture is the right one."]
        guard reports.contains(where: { $0.model.match != nil }) else { return lines + shop }
        return lines + shop + [
            "known: that picture also reaches the model's threshold. strangers taken: pictures that are looked for",
            "without any picture of their \(owner), and reach it all the same.",
        ]
    }

    private static func share(_ value: Double?) -> String { value.map { String(format: "%.3f", $0) } ?? "-" }

    private static func score(_ value: Double) -> String { String(format: "%.3f", value) }
}
