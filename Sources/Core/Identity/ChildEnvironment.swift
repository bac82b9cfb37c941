import Foundation

/// The environment of a process that Hearth starts: its own, without what could open anything.
package enum ChildEnvironment {
    /// Words that mark a variable as secret, in any case.
    private static let marks = ["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL", "PRIVATE", "AUTH"]

    /// Settings that every process of Hearth reads for itself.
    private static let shared: Set<String> = ["HEARTH_BUILT_IN_MODELS"]

    /// Without Hearth's own settings (`HEARTH_…`) and whatever is named like a secret. A child that needs a setting is
    /// given it by `additions`.
    package static func make(
        from environment: [String: String] = ProcessInfo.processInfo.environment, adding additions: [String: String]
    ) -> [String: String] {
        environment.filter { name, _ in
            shared.contains(name) || (!name.hasPrefix("HEARTH_") && !isSecret(name))
        }.merging(additions) { _, added in added }
    }

    /// Whether a variable's name says that its value is secret.
    package static func isSecret(_ name: String) -> Bool {
        let name = name.uppercased()
        return marks.contains { name.contains($0) }
    }
}
