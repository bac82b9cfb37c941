import Foundation
import HearthCore

extension Anchor {
    /// Ends the name of the recipe that lies beside a picture.
    static let recipeSuffix = ".json"

    /// Folder of a character's files; made of identifiers, never of names.
    static func folder(project: String, character: String) -> String {
        "projects/\(project)/characters/\(character)"
    }

    /// `projects/<project>/characters/<character>/anchors/<YYYYMMDD_HHMMSS>_anchor_<seq>.<ext>` in UTC.
    ///
    /// The sequence number is the tail of the anchor's identifier: unique without asking anyone.
    static func path(project: String, character: String, anchor: String, fileExtension: String, now: Int64) -> String {
        var seconds = time_t(now / 1_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let stamp = String(
            format: "%04d%02d%02d_%02d%02d%02d", parts.tm_year + 1_900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
            parts.tm_min, parts.tm_sec)
        return
            folder(project: project, character: character)
            + "/anchors/\(stamp)_anchor_\(anchor.suffix(12)).\(fileExtension)"
    }
}
