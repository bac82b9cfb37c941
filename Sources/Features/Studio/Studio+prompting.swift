import Foundation
package import HearthCore
import HearthJSON

/// What generators of pictures and videos ask of the studio; all of it inside a transaction of theirs.
extension Studio {
    /// A style preset by its identifier.
    /// - Throws: ``HearthError`` `not_found`, with the presets that there are.
    package func preset(_ id: String, tenant: Tenant, in db: any SQLConnection) throws -> StylePreset {
        try table.preset(id, of: tenant, in: db)
    }

    /// The style of a project: the one of requests that name none.
    /// - Throws: ``HearthError`` `not_found` for a project that the tenant does not have.
    package func style(ofProject id: String, tenant: Tenant, in db: any SQLConnection) throws -> StylePreset {
        try table.preset(table.project(id, of: tenant, in: db).style, of: tenant, in: db)
    }

    /// The characters that a prompt names, `@sarah`, each once, in the order in which they come.
    /// - Throws: ``HearthError`` `not_found` for one that the project does not have, with the handle that was probably
    ///   meant; `invalid_request` for too many.
    package func characters(
        mentionedIn prompt: String, project: String, tenant: Tenant, in db: any SQLConnection
    ) throws -> [Mention] {
        let handles = PromptHandles(prompt).handles
        guard !handles.isEmpty else { return [] }
        guard handles.count <= Limits.mentions else {
            throw HearthError(
                .invalidRequest, "The prompt mentions \(handles.count) characters.",
                hint: "At most \(Limits.mentions) are allowed.")
        }
        let found = try table.mentions(of: handles, project: project, tenant: tenant, in: db)
        if let unknown = handles.first(where: { found[$0] == nil }) {
            throw try unknownHandle(unknown, project: project, tenant: tenant, in: db)
        }
        return handles.compactMap { found[$0] }
    }

    /// A prompt with the characters' names in place of their handles, and `@` for `@@`.
    package func plainPrompt(_ prompt: String, mentions: [Mention]) -> String {
        PromptHandles(prompt).text(
            naming: Dictionary(mentions.map { ($0.handle, $0.name) }, uniquingKeysWith: { first, _ in first }))
    }

    private func unknownHandle(
        _ handle: String, project: String, tenant: Tenant, in db: any SQLConnection
    ) throws -> HearthError {
        let known = try table.handles(like: handle, project: project, tenant: tenant, in: db)
        let shown = known.prefix(10).map { "@\($0)" }.joined(separator: ", ") + (known.count > 10 ? ", …" : "")
        let nearest = NearestName.of(handle, among: known).map { "Did you mean @\($0)? " } ?? ""
        let all = known.isEmpty ? "The project has no characters." : "There are: \(shown)."
        return HearthError(
            .notFound, "The prompt mentions @\(handle.prefix(Limits.handleLength)), which the project does not have.",
            hint: "\(nearest)\(all) Write @@ for an at sign.")
    }
}
