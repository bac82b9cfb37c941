package import HearthJSON

/// What a ComfyUI server says of the classes of nodes that a workflow has (`GET /object_info/CLASS`).
package struct ServerNodes: Sendable {
    /// What may stand in an input.
    package enum Input: Sendable, Equatable {
        /// One of these words: files of a folder, names of samplers.
        case choice([String])
        case number(minimum: Double, maximum: Double, step: Double?, isWhole: Bool)
        case other
    }

    private var classes: [String: [String: Input]] = [:]

    package init() {}

    /// Takes the answer about one class; a class that the server does not have is answered by `{}`.
    package mutating func add(_ name: String, _ answer: JSONValue) {
        guard let inputs = answer[name]?["input"]?.objectValue else { return }
        var read: [String: Input] = [:]
        for group in ["required", "optional"] {
            for member in inputs[group]?.objectValue?.members ?? [] { read[member.key] = Self.input(member.value) }
        }
        classes[name] = read
    }

    /// Whether the server has a class.
    package func has(_ name: String) -> Bool { classes[name] != nil }

    /// What may stand in an input; nil when the server does not say.
    package subscript(name: String, input: String) -> Input? { classes[name]?[input] }

    /// An input is described as `[TYPE, {…}]`; the type of a choice is its list of words, or `COMBO` with `options`.
    private static func input(_ description: JSONValue) -> Input {
        let (type, more) = (description[0], description[1])
        if let words = type?.arrayValue { return .choice(words.compactMap(\.stringValue)) }
        switch type?.stringValue {
        case "COMBO": return .choice((more?["options"]?.arrayValue ?? []).compactMap(\.stringValue))
        case "INT", "FLOAT":
            return .number(
                minimum: more?["min"]?.doubleValue ?? -Double.greatestFiniteMagnitude,
                maximum: more?["max"]?.doubleValue ?? Double.greatestFiniteMagnitude,
                step: more?["step"]?.doubleValue, isWhole: type?.stringValue == "INT")
        default: return .other
        }
    }

    // MARK: Workflows

    /// Why a workflow cannot run at the server, each reason in words for people; empty: it can.
    package func problems(of workflow: Workflow) -> [String] {
        let missing = workflow.graph.classNames.filter { !has($0) }
        guard missing.isEmpty else { return ["it does not have the nodes \(missing.joined(separator: ", "))"] }
        return workflow.models.keys.sorted { $0.text < $1.text }.compactMap { target in
            guard model(for: target, of: workflow) == nil, let node = workflow.graph[target.node] else { return nil }
            let patterns = workflow.models[target] ?? []
            return
                "it has no model like \(patterns.joined(separator: " or ")) for \(node.className) (`\(target.input)`)"
        }
    }

    /// The model of the server that an input gets: the first that is like the first pattern that any is like.
    package func model(for target: WorkflowTarget, of workflow: Workflow) -> String? {
        guard let node = workflow.graph[target.node], case .choice(let words)? = self[node.className, target.input]
        else { return nil }
        for pattern in workflow.models[target] ?? [] {
            if let word = words.first(where: { Self.matches($0.lowercased(), pattern.lowercased()) }) { return word }
        }
        return nil
    }

    /// The nearest number that an input takes: within its bounds and on its step.
    func fitting(_ value: Double, _ className: String, _ input: String) -> Double {
        guard case .number(let least, let most, let step, let isWhole)? = self[className, input] else {
            return value
        }
        // A server may say anything: what is beyond whole numbers is no bound.
        let (minimum, maximum) = (max(min(least, 1e15), -1e15), max(min(most, 1e15), -1e15))
        var fitted = min(max(value, minimum), maximum)
        if let step, step > 0, isWhole, minimum > -1e15 {
            fitted = minimum + ((fitted - minimum) / step).rounded() * step
            if fitted > maximum { fitted -= step }
        }
        return isWhole ? fitted.rounded() : fitted
    }

    /// Whether a text is like a pattern in which `*` stands for any characters.
    static func matches(_ text: String, _ pattern: String) -> Bool {
        let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard parts.count > 1 else { return text == pattern }
        guard text.hasPrefix(parts[0]) else { return false }
        var rest = text.dropFirst(parts[0].count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let range = rest.firstRange(of: part) else { return false }
            rest = rest[range.upperBound...]
        }
        return parts.last.map { rest.hasSuffix($0) } ?? true
    }
}
