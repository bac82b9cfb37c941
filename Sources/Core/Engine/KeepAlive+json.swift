package import HearthJSON

extension KeepAlive {
    /// Reads a duration as clients write it: a number of seconds, or a text such as `5m`; nil for null.
    /// - Throws: ``HearthError`` `invalid_request`.
    package init?(json: JSONValue, field: String) throws(HearthError) {
        if json.isNull { return nil }
        if let seconds = json.doubleValue {
            self.init(seconds: seconds)
            return
        }
        guard let text = json.stringValue, let value = KeepAlive(text) else {
            throw HearthError(
                .invalidRequest, "`\(field)` is not a duration.",
                hint: "`pinned`, `90s`, `5m`, or a number of seconds; -1 pins.")
        }
        self = value
    }
}
