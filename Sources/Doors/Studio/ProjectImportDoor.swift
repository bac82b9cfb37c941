import Foundation
import HTTPTypes
import HearthCore
import HearthHTTP
import HearthJSON
package import HearthStudio
import Hummingbird
import NIOFoundationEssentialsCompat

/// Projects that come as zip files, which no operation can take because they do not fit into memory.
package struct ProjectImportDoor: Door {
    private let studio: Studio

    package init(studio: Studio) { self.studio = studio }

    package var routes: [DoorRoute] {
        ["/api", "/api/anime"].map { base in
            DoorRoute(
                .post, "\(base)/projects/import", access: .credential(.write),
                body: BodyRule(
                    content: ["application/zip": BodyRule.file, "application/octet-stream": BodyRule.file],
                    limit: Limits.projectFileBytes),
                describe: OpenAPIEntry(
                    base == "/api" ? "studio.projects.import" : "studio.projects.import:\(base)",
                    "Add the project of a zip file that an export has written; a job reads it.", parameters: [],
                    status: 202, answer: (try? JSONSchema.of(JobTicket.self)) ?? BodyRule.anyObject), answer: load)
        }
    }

    private func load(_ call: DoorCall) async throws -> Response {
        let share = call.reservation()
        defer { withExtendedLifetime(share) {} }
        let ticket = try await studio.importProject(call.arrivingBody.map { Data(buffer: $0) }, of: call.tenant) {
            bytes throws(HearthError) in try share.grow(by: bytes)
        }
        return JSONReply(try JSONValueEncoder.encode(ticket), status: .accepted).response
    }
}
