import HearthCore
import HearthJSON

/// What lies beside the picture of an anchor, with what its path says.
struct AnchorSidecar: Sendable {
    var anchor: Anchor
    /// Nil: it is of a version that did not say.
    let tenant: Tenant?
    let characterName: String
    let projectName: String

    /// - Parameter picture: the file that it lies beside.
    /// - Throws: ``HearthError`` `invalid_request` when it is of another file.
    init(_ value: JSONValue, file: String, picture: InspectedImage) throws {
        let parts = file.split(separator: "/").map(String.init)
        guard parts.count == 6, parts[0] == Anchor.rootFolder, parts[2] == "characters", parts[4] == "anchors",
            let id = value["anchor_id"]?.stringValue, [id, parts[1], parts[3]].allSatisfy(Identifier.isValid),
            picture.sha256.hex == value["sha256"]?.stringValue
        else { throw HearthError(.invalidRequest, "The sidecar is of another file.") }
        tenant = try value["tenant"]?.stringValue.map { try Tenant(checking: $0) }
        characterName = value["character"]?.stringValue ?? ""
        projectName = value["project"]?.stringValue ?? ""
        try StudioName.check([characterName, projectName])
        let header = picture.header
        anchor = Anchor(
            anchorID: id, characterID: parts[3], projectID: parts[1],
            role: value["role"]?.stringValue.flatMap(AnchorRole.init(rawValue:)) ?? .primary, path: file,
            url: StoredFile.url(of: id), sha256: picture.sha256.hex, bytes: picture.bytes.count,
            format: header.format.rawValue, width: header.width, height: header.height, jobID: "", isRemembered: false,
            createdAt: value["registered_at"]?.integerValue ?? 0)
    }
}
