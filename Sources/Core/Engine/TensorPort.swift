/// An input or output of a graph.
package struct TensorPort: Sendable, Equatable, Codable {
    package var name: String
    /// Nil: a type that Hearth does not compute with.
    package var type: ElementType?
    /// -1 stands for any length.
    package var shape: [Int]

    package init(name: String, type: ElementType?, shape: [Int]) {
        self.name = name
        self.type = type
        self.shape = shape
    }
}
