/// What this build is.
package enum Hearth {
    /// Semantic version.
    package static let version = "0.1.0"
}
