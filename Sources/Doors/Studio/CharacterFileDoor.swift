import Foundation
import HTTPTypes
import HearthCore
import HearthHTTP
import HearthJSON
package import HearthStudio
import Hummingbird
import NIOCore
import NIOFoundationEssentialsCompat

/// The files of characters: export and import, which no operation can be because they do not fit into memory.
package struct CharacterFileDoor: Door {
    private let studio: Studio

    package init(studio: Studio) { self.studio = studio }

    package var routes: [DoorRoute] {
        ["/api", "/api/anime"].flatMap { base -> [DoorRoute] in
            let suffix = base == "/api" ? "" : ":\(base)"
            return [
                DoorRoute(
                    .get, "\(base)/characters/{character_id}/export",
                    describe: OpenAPIEntry(
                        "studio.characters.export\(suffix)",
                        "A character as one file: bible with its versions, pictures, vectors.",
                        mediaType: CharacterFile.mediaType, answer: BodyRule.file), answer: export),
                DoorRoute(
                    .post, "\(base)/characters/import", access: .credential(.write),
                    body: BodyRule(
                        content: [CharacterFile.mediaType: BodyRule.file], limit: Limits.characterFileBytes),
                    describe: OpenAPIEntry(
                        "studio.characters.import\(suffix)", "Add the character of a file to a project.",
                        parameters: [
                            OpenAPIEntry.query(
                                "project",
                                "Identifier or name; made when no project has the name. `default` when absent."),
                            OpenAPIEntry.query("name", "Another name than the file's."),
                            OpenAPIEntry.query("handle", "Another handle than the file's."),
                        ], status: 200, answer: (try? JSONSchema.of(ImportedCharacter.self)) ?? BodyRule.anyObject),
                    answer: load),
            ]
        }
    }

    private func export(_ call: DoorCall) async throws -> Response {
        let export = try await studio.exportCharacter(call.parameter("character_id"), of: call.tenant)
        var headers: HTTPFields = [.contentType: "\(CharacterFile.mediaType); charset=utf-8"]
        // The name is made of a handle, which has nothing to be escaped.
        headers[.contentDisposition] = "attachment; filename=\"\(export.fileName)\""
        // A picture in base64 and its line are in memory at a time.
        let share = call.reservation()
        try share.grow(by: export.lineMemory)
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody { writer in
                defer { withExtendedLifetime(share) {} }
                var export = export
                while let line = try await export.next() { try await writer.write(ByteBuffer(bytes: line)) }
                try await writer.finish(nil)
            })
    }

    private func load(_ call: DoorCall) async throws -> Response {
        let query = try call.query()
        let target = try CharacterImportTarget(
            project: query.string("project"), name: query.string("name"), handle: query.string("handle"))
        let share = call.reservation()
        defer { withExtendedLifetime(share) {} }
        let imported = try await studio.importCharacter(
            call.arrivingBody.map { Data(buffer: $0) }, into: target, of: call.tenant, keyID: call.principal.keyID
        ) { bytes throws(HearthError) in try share.grow(by: bytes) }
        return JSONReply(try JSONValueEncoder.encode(imported)).response
    }
}
