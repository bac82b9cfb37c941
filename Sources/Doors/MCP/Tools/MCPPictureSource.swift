package import HearthCore
package import HearthJSON

/// How a call names its picture: exactly one way, which is taken out of the arguments.
package enum MCPPictureSource: Sendable, Equatable {
    case path(String)
    case url(String)
    case upload(String)
    case base64(String)

    /// Takes the picture's name out of a call's arguments. `file://` and `data:` addresses are what they say.
    /// - Returns: nil when no picture is named.
    /// - Throws: ``HearthError`` `invalid_request` when it is named in two ways.
    package static func take(from arguments: inout JSONObject) throws(HearthError) -> MCPPictureSource? {
        var found: [MCPPictureSource] = []
        for (name, _) in MCPTool.pictureFields {
            guard let value = arguments[name] else { continue }
            arguments[name] = nil
            if value.isNull { continue }
            guard let text = value.stringValue, !text.isEmpty else {
                throw HearthError(.invalidRequest, "`\(name)` must be a text.", hint: allowed)
            }
            found.append(source(name, text))
        }
        guard found.count < 2 else {
            throw ambiguous
        }
        return found.first
    }

    private static func source(_ field: String, _ text: String) -> MCPPictureSource {
        switch field {
        case "upload_id": return .upload(text)
        case "image_base64": return .base64(text)
        default: break
        }
        let beginning = text.prefix(8).lowercased()
        if beginning.hasPrefix("file:") { return .path(text) }
        if beginning.hasPrefix("data:") { return .base64(text) }
        if beginning.hasPrefix("http://") || beginning.hasPrefix("https://") { return .url(text) }
        return field == "url" ? .url(text) : .path(text)
    }

    /// What a call may say.
    package static let allowed =
        "Give one of: `path` of a file in an allowed folder, `url`, `upload_id` of `upload_link`, or `image_base64`."

    /// That it is not clear which picture is meant.
    static let ambiguous = HearthError(
        .invalidRequest, "The picture is named in more than one way.", hint: allowed)

    /// That an operation which needs a picture has none.
    package static let missing = HearthError(.invalidRequest, "The call names no picture.", hint: allowed)
}
