/// A tensor and the port that it is for, or comes from.
package struct NamedTensor: Sendable, Equatable {
    package var name: String
    package var tensor: Tensor

    package init(name: String, tensor: Tensor) {
        self.name = name
        self.tensor = tensor
    }
}
