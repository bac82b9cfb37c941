/// A reader of the Prometheus text format 0.0.4, stricter than Prometheus itself.
struct PrometheusReader {
    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    struct Sample: Equatable {
        var name: String
        var labels: [String: String]
        var value: Double
    }

    struct Family {
        var type: String
        var samples: [Sample] = []
    }

    private(set) var families: [String: Family] = [:]
    private var current = ""
    private var seen: Set<String> = []

    /// - Throws: ``Problem`` that shows the line.
    init(_ text: String) throws {
        guard text.isEmpty || text.hasSuffix("\n") else { throw Problem(description: "the last line has no end") }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            do {
                try read(String(line))
            } catch {
                throw Problem(description: "\(error): \(line)")
            }
        }
        for (name, family) in families where family.type == "histogram" { try Self.check(name, family) }
    }

    private mutating func read(_ line: String) throws {
        if let help = line.firstMatch(of: /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/) {
            try begin(String(help.1))
            _ = try Self.unescaped(String(help.2), quotes: false)
        } else if let type = line.firstMatch(
            of: /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary)$/)
        {
            guard String(type.1) == current, families[current]?.type == "" else {
                throw Problem(description: "a TYPE without its HELP before it")
            }
            families[current]?.type = String(type.2)
        } else if let sample = line.firstMatch(of: /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/) {
            try add(name: String(sample.1), labels: sample.2.map(String.init), value: String(sample.3))
        } else {
            throw Problem(description: "no line of the format")
        }
    }

    private mutating func begin(_ name: String) throws {
        guard families[name] == nil else { throw Problem(description: "a family that is there already") }
        families[name] = Family(type: "")
        current = name
    }

    private mutating func add(name: String, labels text: String?, value: String) throws {
        guard let type = families[current]?.type, type != "" else {
            throw Problem(description: "a sample without TYPE")
        }
        let endings = ["histogram": ["_bucket", "_sum", "_count"], "summary": ["_sum", "_count"]][type] ?? [""]
        guard endings.contains(where: { current + $0 == name }) else {
            throw Problem(description: "a sample of another family")
        }
        guard seen.insert("\(name){\(text ?? "")}").inserted else { throw Problem(description: "a series twice") }
        let labels = try text.map(Self.labels) ?? [:]
        guard labels["le"] == nil || name.hasSuffix("_bucket") else { throw Problem(description: "a stray `le`") }
        families[current]?.samples.append(Sample(name: name, labels: labels, value: try Self.number(value)))
    }

    private static func labels(_ text: String) throws -> [String: String] {
        var labels: [String: String] = [:]
        var rest = text[...]
        while !rest.isEmpty {
            guard let label = rest.prefixMatch(of: /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,(?=.)|$)/) else {
                throw Problem(description: "no label")
            }
            let value = try unescaped(String(label.2), quotes: true)
            guard !label.1.hasPrefix("__"), labels.updateValue(value, forKey: String(label.1)) == nil else {
                throw Problem(description: "a label that is reserved, or twice")
            }
            rest = rest[label.range.upperBound...]
        }
        return labels
    }

    private static func unescaped(_ text: String, quotes: Bool) throws -> String {
        var result = ""
        var isEscape = false
        for letter in text {
            switch (isEscape, letter) {
            case (true, "\\"): result.append("\\")
            case (true, "n"): result.append("\n")
            case (true, "\"") where quotes: result.append("\"")
            case (true, _): throw Problem(description: "no such escape")
            case (false, "\\"): break
            case (false, _): result.append(letter)
            }
            isEscape = !isEscape && letter == "\\"
        }
        guard !isEscape else { throw Problem(description: "an escape without end") }
        return result
    }

    private static func number(_ text: String) throws -> Double {
        switch text {
        case "NaN": return .nan
        case "+Inf": return .infinity
        case "-Inf": return -.infinity
        default:
            guard text.wholeMatch(of: /[+-]?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?/) != nil, let number = Double(text) else {
                throw Problem(description: "no number")
            }
            return number
        }
    }

    /// The buckets of each series grow, the last one holds all, and it is what `_count` says.
    private static func check(_ name: String, _ family: Family) throws {
        let series = Dictionary(grouping: family.samples) { sample in
            sample.labels.filter { $0.key != "le" }.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined()
        }
        for samples in series.values {
            let buckets = samples.filter { $0.name == "\(name)_bucket" }
            let bounds = try buckets.map { try number($0.labels["le"] ?? "") }
            guard let all = buckets.last?.value, bounds.last == .infinity, bounds == bounds.sorted(),
                Set(bounds).count == bounds.count, buckets.map(\.value) == buckets.map(\.value).sorted(),
                samples.map(\.name).suffix(2) == ["\(name)_sum", "\(name)_count"], samples.last?.value == all
            else { throw Problem(description: "the histogram \(name) is not whole") }
        }
    }
}
