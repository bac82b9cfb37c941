import HearthCore
import HearthJSON

/// The part of a demonstration that asks for characters where they were not registered: the answer is "unknown".
struct DemoStrangers {
    let members: [DemoCast.Member]
    let client: APIClient

    /// Looks for the first picture of each character in a project that does not have it.
    /// - Returns: for each, whether the server says that it is unknown there; empty when there is one project only, or
    ///   the model names no threshold.
    func run() async throws -> [Bool] {
        var unknown: [Bool] = []
        for member in members {
            guard let other = members.first(where: { $0.project != member.project })?.project else { return [] }
            let reply = try await client.send(
                .post, "/api/recall", query: ["project": other, "k": "1"],
                body: .picture(try NamedFile.read(member.anchor)))
            guard let isMatch = reply["matches"]?[0]?["is_match"]?.boolValue else { continue }
            unknown.append(!isMatch)
        }
        guard !unknown.isEmpty else { return [] }
        Terminal.line("   \(Self.line(unknown))")
        return unknown
    }

    /// What came of it.
    static func line(_ unknown: [Bool]) -> String {
        let (right, count) = (unknown.count { $0 }, unknown.count)
        let taken = count - right
        return "Strangers: each character was looked for in a project that does not have it. "
            + "\(right) of \(count) were answered \"unknown\", which is right"
            + (taken == 0 ? "." : "; \(taken) \(taken == 1 ? "was" : "were") taken for another one.")
    }
}
