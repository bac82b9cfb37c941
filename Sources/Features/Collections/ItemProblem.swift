package import HearthCore
package import HearthJSON

/// Why one item of a request fails; each item has its own problem.
package struct ItemProblem: Sendable, Codable, Error {
    /// Place in the request, from 0; of a stream the number of the line.
    package var index: Int
    /// As the client calls it, when it said so.
    package var id: String?
    package var code: String
    package var message: String
    package var hint: String?

    package init(_ index: Int, id: String?, _ error: HearthError) {
        self.index = index
        self.id = id
        code = error.code.rawValue
        message = error.message
        hint = error.hint
    }

    /// One error for a request that is done as a whole or not at all.
    package static func refusal(of problems: [ItemProblem], among count: Int) -> HearthError {
        let codes = Set(problems.map(\.code))
        let shown = problems.prefix(Limits.shownProblems)
        let first = problems.first
        return HearthError(
            codes.count == 1 ? HearthError.Code(rawValue: problems[0].code) : .unprocessable,
            "\(problems.count) of \(count) records cannot be stored, so none was. "
                + "The first: \(first?.message ?? "")",
            hint: first?.hint,
            details: .array(shown.map { $0.json }))
    }

    package var json: JSONValue {
        var value: JSONValue = ["index": .int(Int64(index)), "code": .string(code), "message": .string(message)]
        if let id { value["id"] = .string(id) }
        if let hint { value["hint"] = .string(hint) }
        return value
    }
}
