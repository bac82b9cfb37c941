import HearthCore
import HearthJSON

/// Checks that the values of a JSON tensor fill its shape.
enum TensorShape {
    /// The lengths of a shape.
    /// - Throws: ``HearthError`` `invalid_request` for anything but non-negative integers, or too many of them.
    static func lengths(_ shape: [JSONValue], of name: String) throws(HearthError) -> [Int] {
        guard shape.count <= Limits.tensorRank else {
            throw HearthError(
                .invalidRequest, "The shape of `\(name.prefix(80))` has \(shape.count) dimensions.",
                hint: "At most \(Limits.tensorRank).")
        }
        var lengths: [Int] = []
        for length in shape {
            guard let length = length.integerValue.flatMap({ Int(exactly: $0) }), length >= 0 else {
                throw HearthError(.invalidRequest, "The shape of `\(name.prefix(80))` must be of whole numbers.")
            }
            lengths.append(length)
        }
        return lengths
    }

    /// The values in row-major order, sent flat or nested as the shape has it.
    /// - Throws: ``HearthError`` `invalid_request` when they do not fill the shape.
    static func flat(_ data: [JSONValue], _ lengths: [Int], of name: String) throws(HearthError) -> [JSONValue] {
        var count = 1
        for length in lengths {
            let (product, isTooLarge) = count.multipliedReportingOverflow(by: length)
            guard !isTooLarge else { throw misfit(name, lengths, "no request can fill it") }
            count = product
        }
        guard data.first?.arrayValue != nil else {
            guard data.count == count else { throw misfit(name, lengths, "there are \(data.count) values") }
            return data
        }
        var values: [JSONValue] = []
        values.reserveCapacity(min(count, Limits.tensorValues))
        try append(data, lengths[...], to: &values) { () throws(HearthError) in
            throw misfit(name, lengths, "the nested lists have another one")
        }
        return values
    }

    private static func append(
        _ data: [JSONValue], _ lengths: ArraySlice<Int>, to values: inout [JSONValue],
        refuse: () throws(HearthError) -> Void
    ) throws(HearthError) {
        if data.count != lengths.first { try refuse() }
        let rest = lengths.dropFirst()
        guard !rest.isEmpty else {
            values.append(contentsOf: data)
            return
        }
        for row in data {
            if let row = row.arrayValue {
                try append(row, rest, to: &values, refuse: refuse)
            } else {
                try refuse()
            }
        }
    }

    private static func misfit(_ name: String, _ lengths: [Int], _ what: String) -> HearthError {
        HearthError(
            .invalidRequest, "The data of `\(name.prefix(80))` do not have the shape \(lengths): \(what).",
            hint: "Send them flat in row-major order, or nested as the shape.")
    }
}
