import Foundation

/// The texts of licences and notices in a model's folder.
package enum LicenceFiles {
    /// How names of such files begin.
    static let prefixes = ["LICENSE", "LICENCE", "NOTICE", "COPYING"]
    /// Longest notice that is shown, in bytes.
    private static let noticeBytes = 64 << 10

    /// Names of such files in a folder, sorted.
    package static func names(in path: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [])
            .filter { name in prefixes.contains { name.hasPrefix($0) } }.sorted()
    }

    /// The text of `NOTICE`, which names authors and says what was changed; nil when there is none.
    package static func notice(in path: String) -> String? {
        let file = "\(path)/NOTICE"
        guard let bytes = FileDigest.bytes(of: file), bytes <= noticeBytes,
            let text = try? String(contentsOf: URL(fileURLWithPath: file), encoding: .utf8)
        else { return nil }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
