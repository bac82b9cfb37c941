/// Where in a JSON value something is; costs nothing until it is shown.
package indirect enum JSONPath: Sendable {
    case root
    case key(String, in: JSONPath)
    case index(Int, in: JSONPath)

    /// `items[2].name`; empty for the root.
    package var text: String {
        switch self {
        case .root: ""
        case .key(let key, .root): key
        case .key(let key, let parent): "\(parent.text).\(key)"
        case .index(let index, let parent): "\(parent.text)[\(index)]"
        }
    }

    /// The subject of an error message: "`items[2].name`", or "The JSON value" for the root.
    package var subject: String {
        if case .root = self { "The JSON value" } else { "`\(text)`" }
    }

    /// The same place for the standard library's coders.
    var codingPath: [any CodingKey] {
        switch self {
        case .root: []
        case .key(let key, let parent): parent.codingPath + [JSONKey(key)]
        case .index(let index, let parent): parent.codingPath + [JSONKey(index: index)]
        }
    }
}
