/// One place that breaks a rule of the project.
struct Violation: Equatable, CustomStringConvertible {
    /// Relative to the repository's root.
    var path: String
    /// From 1.
    var line: Int
    /// What is wrong, and what to do instead.
    var message: String

    var description: String { "\(path):\(line): \(message)" }
}
