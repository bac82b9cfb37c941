import HTTPTypes
import HearthCore
import HearthHTTP

/// The routes of all doors, and what is derived from them.
struct RouteTable: Sendable {
    private struct Entry: Sendable {
        let pattern: PathPattern
        let route: DoorRoute
    }

    private let entries: [Entry]
    private let prefixes: [(path: [Substring], errors: ErrorShape)]
    /// Routes with a ``DoorRoute/QuickRule`` by their paths, those without parameters …
    private let quick: [String: [DoorRoute]]
    /// … and those with some.
    private let quickPatterns: [Entry]

    /// - Parameter doors: whose prefixes count.
    /// - Throws: ``HearthError`` `invalid_configuration` when two routes mean the same requests.
    init(_ routes: [DoorRoute], of doors: [any Door]) throws(HearthError) {
        entries = routes.map { Entry(pattern: PathPattern($0.path), route: $0) }
        prefixes = doors.flatMap { door in
            door.prefixes.map { (path: $0.split(separator: "/"), errors: door.errors) }
        }
        let quickEntries = entries.filter { $0.route.quick != nil }
        quickPatterns = quickEntries.filter { !$0.pattern.parameters.isEmpty }
        quick = Dictionary(grouping: quickEntries.map(\.route), by: \.path)
        var seen: Set<String> = []
        for entry in entries where !seen.insert("\(entry.route.method) \(entry.pattern.openAPIPath)").inserted {
            throw HearthError(
                .invalidConfiguration, "Two doors answer \(entry.route.method) \(entry.route.path).")
        }
    }

    var routes: [DoorRoute] { entries.map(\.route) }

    /// Methods that a path answers; none: there is nothing at the path.
    func methods(at path: String) -> [HTTPRequest.Method] {
        let methods = Set(routes(at: path).map(\.method))
        return Array(methods.contains(.get) ? methods.union([.head]) : methods)
    }

    /// How errors of a request are worded.
    func errorShape(_ method: HTTPRequest.Method, at path: String) -> ErrorShape {
        let routes = routes(at: path)
        if let route = routes.first(where: { $0.method == method }) ?? routes.first { return route.errors }
        let segments = path.split(separator: "/")
        return prefixes.first { segments.starts(with: $0.path) }?.errors ?? .hearth
    }

    /// Whether a request is answered on its connection's own thread.
    func isQuick(_ head: HTTPRequest) -> Bool {
        guard let path = head.path?.prefix(while: { $0 != "?" }) else { return false }
        if let routes = quick[String(path)] {
            return routes.contains { $0.answers(head.method) && $0.isQuick(head) }
        }
        guard quickPatterns.contains(where: { $0.route.answers(head.method) && $0.route.isQuick(head) }) else {
            return false
        }
        let segments = path.split(separator: "/")
        return quickPatterns.contains {
            $0.route.answers(head.method) && $0.route.isQuick(head) && $0.pattern.match(segments) != nil
        }
    }

    /// The WebSocket at a path, with the values of the path's parameters.
    func socket(at path: some StringProtocol) -> (route: DoorRoute, parameters: [(name: String, value: String)])? {
        let segments = String(path).split(separator: "/")
        for entry in entries {
            guard case .socket = entry.route.handler, let values = entry.pattern.match(segments) else { continue }
            return (entry.route, values)
        }
        return nil
    }

    /// The routes of the pattern that the router takes for a path.
    private func routes(at path: String) -> [DoorRoute] {
        let segments = path.split(separator: "/")
        var found: [Entry] = []
        for entry in entries where entry.pattern.match(segments) != nil {
            if let best = found.first, entry.pattern.isPreferred(to: best.pattern) { found.removeAll() }
            if let best = found.first, best.pattern.isPreferred(to: entry.pattern) { continue }
            found.append(entry)
        }
        return found.map(\.route)
    }
}

extension DoorRoute {
    /// Whether requests of a method are answered here: HEAD where GET is.
    fileprivate func answers(_ method: HTTPRequest.Method) -> Bool {
        method == self.method || (method == .head && self.method == .get)
    }
}
