/// A type that is one string in JSON and accepts only some: the recorder of schemas needs one that it accepts.
package protocol SchemaSampled {
    /// A text that `init(from:)` accepts.
    static var schemaSample: String { get }
}
