package import HearthJSON

/// How long a model stays in memory without a call.
package enum KeepAlive: Sendable, Hashable, Codable {
    /// It never leaves by itself.
    case pinned
    /// It leaves after this without a call; zero: as soon as it has answered.
    case idle(Duration)

    /// Reads `pinned`, `-1`, `0`, `300`, `90s`, `5m`, `24h`, `1h30m` and `250ms`; a bare number is seconds, and a
    /// negative one pins, as Ollama's `keep_alive` has it.
    /// - Returns: nil for anything else.
    package init?(_ text: String) {
        if text == "pinned" {
            self = .pinned
            return
        }
        if let seconds = Double(text), seconds.isFinite {
            self = Self(seconds: seconds)
            return
        }
        let isNegative = text.hasPrefix("-")
        var rest = text.dropFirst(isNegative || text.hasPrefix("+") ? 1 : 0)
        guard !rest.isEmpty else { return nil }
        var total = 0.0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            guard let value = Double(digits), let factor = Self.units[String(unit)] else { return nil }
            total += value * factor
        }
        guard total.isFinite else { return nil }
        self = isNegative && total > 0 ? .pinned : Self(seconds: total)
    }

    /// A negative number pins. More than ten years is for ever.
    package init(seconds: Double) {
        let isShort = seconds >= 0 && seconds <= 315_360_000
        self = isShort ? .idle(.milliseconds(Int64((seconds * 1_000).rounded()))) : .pinned
    }

    /// Go's units of time (`time.ParseDuration`), in seconds.
    private static let units: [String: Double] = [
        "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 0.001, "s": 1, "m": 60, "h": 3_600,
    ]

    /// As it is written in settings: `pinned`, `300s`.
    package var text: String {
        switch self {
        case .pinned: "pinned"
        case .idle(let duration) where duration.components.attoseconds == 0: "\(duration.components.seconds)s"
        case .idle(let duration): "\(duration.nanoseconds / 1_000_000)ms"
        }
    }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let value = KeepAlive(text) else {
            throw HearthError(
                .invalidRequest, "`\(text.prefix(40))` is not a duration.", hint: "`pinned`, `90s`, `5m`.")
        }
        self = value
    }

    /// Writes it as its text, such as `5m`.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

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
