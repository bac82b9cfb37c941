import Foundation
import HearthCore

extension Anchor {
    /// Where the files of projects lie.
    static let rootFolder = "projects"

    /// Ends the name of the recipe that lies beside a picture.
    static let recipeSuffix = ".json"

    /// The picture and the recipe beside it, which may not exist.
    var files: [String] { [path, path + Self.recipeSuffix] }

    /// The anchor of a picture that is about to be written, where it is expected to belong; its job is not known yet.
    static func planned(
        _ image: InspectedImage, id: String, sha256: String, role: AnchorRole, of target: AnchorTarget, now: Int64
    ) -> Anchor {
        let path = path(
            project: target.projectID, character: target.characterID, anchor: id,
            fileExtension: image.header.format.fileExtension, now: now)
        return Anchor(
            anchorID: id, characterID: target.characterID, projectID: target.projectID, role: role, path: path,
            url: StoredFile.url(of: id), sha256: sha256, bytes: image.bytes.count,
            format: image.header.format.rawValue, width: image.header.width, height: image.header.height, jobID: "",
            isRemembered: false, createdAt: now)
    }

    /// `projects/<project>/characters/<character>/anchors/<YYYYMMDD_HHMMSS>_anchor_<seq>.<ext>` in UTC; made of
    /// identifiers, never of names.
    ///
    /// For a picture that is about to be written; its row keeps the path. Owners that change later change no path, so
    /// what stands in it tells people where to look, and programs nothing. The sequence number is the tail of the
    /// anchor's identifier: unique without asking anyone.
    /// - Parameter mark: of the attempt that writes it, where several may; letters, digits, `-`.
    static func path(
        project: String, character: String, anchor: String, fileExtension: String, now: Int64, mark: String = ""
    ) -> String {
        "\(rootFolder)/\(project)/characters/\(character)/anchors/"
            + "\(stamp(now))_anchor_\(anchor.suffix(12))\(mark).\(fileExtension)"
    }

    /// `YYYYMMDD_HHMMSS` of a time in UTC.
    static func stamp(_ milliseconds: Int64) -> String {
        var seconds = time_t(milliseconds / 1_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        return String(
            format: "%04d%02d%02d_%02d%02d%02d", parts.tm_year + 1_900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
            parts.tm_min, parts.tm_sec)
    }
}
