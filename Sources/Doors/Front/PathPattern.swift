import Hummingbird

/// A route's path: literal segments, parameters in braces, and at its end perhaps `{name*}` for all that is left.
///
/// Empty segments count for nothing, in patterns and in requests: `/ping/` is `/ping`.
struct PathPattern: Sendable {
    private enum Segment: Sendable, Hashable {
        case literal(Substring)
        case parameter(Substring)
        /// One segment or more, with the slashes between them.
        case rest(Substring)

        /// Which of two that mean the same text the router takes: the lower one.
        var rank: Int {
            switch self {
            case .literal: 0
            case .parameter: 1
            case .rest: 2
            }
        }
    }

    private let segments: [Segment]

    init(_ path: String) {
        segments = path.split(separator: "/").map { segment in
            guard segment.hasPrefix("{"), segment.hasSuffix("}") else { return .literal(segment) }
            let name = segment.dropFirst().dropLast()
            return name.hasSuffix("*") ? .rest(name.dropLast()) : .parameter(name)
        }
    }

    /// Names of the parameters, in their order.
    var parameters: [String] {
        segments.compactMap {
            switch $0 {
            case .literal: nil
            case .parameter(let name), .rest(let name): String(name)
            }
        }
    }

    /// The parameter that takes the rest of the path, if one does.
    var restParameter: String? {
        if case .rest(let name) = segments.last { String(name) } else { nil }
    }

    /// As Hummingbird's router writes it.
    var routerPath: RouterPath {
        RouterPath(
            "/"
                + segments.map { segment in
                    switch segment {
                    case .literal(let text): String(text)
                    case .parameter(let name): "{\(name)}"
                    case .rest: "**"
                    }
                }.joined(separator: "/"))
    }

    /// As OpenAPI writes it, which has no word for the rest of a path.
    var openAPIPath: String {
        "/"
            + segments.map { segment in
                switch segment {
                case .literal(let text): String(text)
                case .parameter(let name), .rest(let name): "{\(name)}"
                }
            }.joined(separator: "/")
    }

    /// The parameters' values when a request's path is meant, as they stand in it; nil otherwise.
    func match(_ path: [Substring]) -> [(name: String, value: String)]? {
        var values: [(name: String, value: String)] = []
        for (index, segment) in segments.enumerated() {
            guard index < path.count else { return nil }
            switch segment {
            case .literal(let text):
                guard path[index] == text else { return nil }
            case .parameter(let name): values.append((String(name), String(path[index])))
            case .rest(let name):
                values.append((String(name), path[index...].joined(separator: "/")))
                return values
            }
        }
        return path.count == segments.count ? values : nil
    }

    /// Whether the router prefers it to another pattern that means the same path: literal segments go before
    /// parameters, and these before the rest of a path.
    func isPreferred(to other: PathPattern) -> Bool {
        for (mine, others) in zip(segments, other.segments) where mine.rank != others.rank {
            return mine.rank < others.rank
        }
        return false
    }
}
