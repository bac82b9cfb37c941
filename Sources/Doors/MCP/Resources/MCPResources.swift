import HearthCore
import HearthJSON

import struct Foundation.Data

/// What clients read and subscribe to, from the same operations as every other door.
struct MCPResources: Sendable {
    let registry: OperationRegistry
    let files: StoredFiles
    let pictures: MCPPictures

    // MARK: List

    /// The characters, newest first, and the inbox before the first of them.
    /// - Throws: what the operation throws.
    func list(cursor: String?, for caller: MCPCaller) async throws -> MCPResult {
        var resources: [JSONValue] = []
        if cursor == nil, await pictures.inbox(for: caller) != nil {
            resources.append([
                "uri": .string(MCPResourceURI.inbox.text), "name": "inbox", "mimeType": "application/json",
                "description": "Pictures that the user has put into Hearth's inbox folder.",
            ])
        }
        var input: JSONObject = ["limit": 50]
        if let cursor { input["cursor"] = .string(cursor) }
        let page = try await call("studio.characters.list", input, for: caller)
        for character in page?["items"]?.arrayValue ?? [] {
            guard let id = character["character_id"]?.stringValue else { continue }
            resources.append([
                "uri": .string(MCPResourceURI.character(id).text), "mimeType": "application/json",
                "name": .string(character["name"]?.stringValue ?? id),
                "description": "A character of Hearth; the name is a user's text.",
            ])
        }
        var fields: JSONObject = ["resources": .array(resources)]
        if let next = page?["next_cursor"]?.stringValue { fields["nextCursor"] = .string(next) }
        return MCPResult(fields, caching: MCPResult.Caching.none)
    }

    // MARK: Read

    /// The contents of a resource.
    /// - Throws: ``HearthError`` `not_found`, `body_too_large`.
    func read(_ uri: MCPResourceURI, for caller: MCPCaller) async throws -> MCPResult {
        var contents: [JSONValue] = []
        switch uri {
        case .anchor(let character):
            contents = [try await file(try await mainAnchor(of: character, caller), uri, caller)]
        case .output(let id):
            let record = try await record(uri, for: caller)
            contents = [Self.text(record, uri)]
            // A picture that is too large, and a video, are read at their own address.
            let fileID = Self.fileID(of: record) ?? id
            if let file = try? await files.find(fileID, of: caller.tenant), file.mediaType.hasPrefix("image/"),
                file.bytes <= Limits.mcpResourceBytes
            {
                contents.append(try await blob(file, fileID, uri, caller))
            }
        default: contents = [Self.text(try await record(uri, for: caller), uri)]
        }
        return MCPResult(["contents": .array(contents)], caching: MCPResult.Caching.none)
    }

    /// What is said of a resource, without its file: it changes when the resource does.
    /// - Throws: ``HearthError`` `not_found`.
    func record(_ uri: MCPResourceURI, for caller: MCPCaller) async throws -> JSONValue {
        let found: JSONValue? =
            switch uri {
            case .job(let id): try await call("jobs.get", ["job_id": .string(id)], for: caller)
            case .project(let id): try await call("studio.projects.get", ["project": .string(id)], for: caller)
            case .output(let id): try await call("studio.outputs.get", ["output_id": .string(id)], for: caller)
            case .character(let id): try await character(id, for: caller)
            case .anchor(let id): .string(try await mainAnchor(of: id, caller))
            case .inbox: try await inbox(for: caller)
            }
        guard let found else { throw Self.missing }
        return MCPToolCalls.absolute(found, base: caller.base)
    }

    static let missing = HearthError(
        .notFound, "There is no such resource.", hint: "`resources/templates/list` says what addresses look like.")

    private func character(_ id: String, for caller: MCPCaller) async throws -> JSONValue? {
        let input: JSONObject = ["character_id": .string(id)]
        guard var character = try await call("studio.characters.get", input, for: caller) else { return nil }
        if let bible = try? await call("studio.characters.bible.get", input, for: caller) { character["bible"] = bible }
        return character
    }

    private func inbox(for caller: MCPCaller) async throws -> JSONValue? {
        guard let inbox = await pictures.inbox(for: caller) else { return nil }
        let files = try inbox.files.map { try JSONValueEncoder.encode($0) }
        return [
            "folder": .string(inbox.folder), "files": .array(files),
            "next": "Give the name of a file as `path` to register_character_anchor.",
        ]
    }

    /// The picture that shows a character as a whole; the newest where no role says so.
    private func mainAnchor(of character: String, _ caller: MCPCaller) async throws -> String {
        let page = try await call(
            "studio.anchors.list", ["character_id": .string(character), "limit": 100], for: caller)
        let anchors = page?["items"]?.arrayValue ?? []
        let main = ["primary", "front"].lazy.compactMap { role in anchors.first { $0["role"]?.stringValue == role } }
            .first
        guard let id = (main ?? anchors.first)?["anchor_id"]?.stringValue else {
            throw HearthError(
                .notFound, "The character has no picture.", hint: "register_character_anchor gives it one.")
        }
        return id
    }

    /// The identifier of the file that a record is about: it says so, or where the file is read.
    static func fileID(of record: JSONValue) -> String? {
        let about = record["file"] ?? record
        if let id = about["file_id"]?.stringValue { return id }
        guard let url = about["url"]?.stringValue, let mark = url.firstRange(of: "/files/") else { return nil }
        let id = url[mark.upperBound...].prefix { $0 != "/" && $0 != "?" }
        return id.isEmpty ? nil : String(id)
    }

    private func file(_ id: String, _ uri: MCPResourceURI, _ caller: MCPCaller) async throws -> JSONValue {
        try await blob(try await files.find(id, of: caller.tenant), id, uri, caller)
    }

    private func blob(
        _ file: StoredFile, _ id: String, _ uri: MCPResourceURI, _ caller: MCPCaller
    ) async throws -> JSONValue {
        guard file.bytes <= Limits.mcpResourceBytes else {
            throw HearthError(
                .bodyTooLarge, "The file has \(file.bytes) bytes; a resource has at most \(Limits.mcpResourceBytes).",
                hint: "Read it at \(caller.base)\(StoredFile.url(of: id)).")
        }
        try caller.reserve(file.bytes * 3)
        let bytes = try await files.read(file, limit: Limits.mcpResourceBytes)
        return [
            "uri": .string(uri.text), "mimeType": .string(file.mediaType),
            "blob": .string(bytes.base64EncodedString()),
        ]
    }

    private static func text(_ record: JSONValue, _ uri: MCPResourceURI) -> JSONValue {
        ["uri": .string(uri.text), "mimeType": "application/json", "text": .string(record.encodedText())]
    }

    // MARK: Operations

    /// Calls an operation for a caller; nil when this server has none of that name.
    /// - Throws: what the operation throws.
    func call(_ name: String, _ input: JSONObject, for caller: MCPCaller) async throws -> JSONValue? {
        guard let operation = registry[name] else { return nil }
        let context = OperationContext(
            principal: caller.principal, requestID: caller.requestID, deadline: caller.start + operation.deadline,
            logger: caller.logger, reserve: caller.reserve)
        return try await registry.call(operation, input: .object(input), context: context)
    }
}
