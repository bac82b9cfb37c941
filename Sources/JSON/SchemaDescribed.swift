/// A type that describes and bounds its fields.
package protocol SchemaDescribed {
    /// Notes by snake case key, as in the JSON text.
    static var fields: [String: FieldNote] { get }
}
