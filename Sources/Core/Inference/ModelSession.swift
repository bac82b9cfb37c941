/// A compiled model: the small synchronous protocol that an inference library is wrapped in.
///
/// A session is used by one thread at a time; its owner (the batching loop) sees to that.
package protocol ModelSession: AnyObject, Sendable {
    /// Runs one batch: input shape `[n, …]`, output shape `[n, dims]`, float32, row-major.
    /// - Throws: ``HearthError`` `internal_error` with the library's own error as cause.
    func run(_ input: Tensor) throws -> Tensor
}

/// Loads compiled models: one per inference library.
package protocol ModelRuntime: Sendable {
    /// The precision the machine runs best when the setting says `auto`: `bf16` or `f32`.
    var preferredPrecision: String { get }

    /// Reads and compiles the weights at `path`; slow, called off the cooperative threads.
    func load(_ request: ModelLoadRequest) throws -> any ModelSession
}

/// What a runtime needs to know to load a model.
package struct ModelLoadRequest: Sendable {
    /// Path of the graph file (`.xml`, `.onnx`, `.tflite`).
    package var path: String
    /// Name or index of the output to read; nil means the only or first one.
    package var output: String?
    /// `f32` or `bf16`.
    package var precision: String
    /// Folder for compiled blobs; nil turns the cache off.
    package var cacheFolder: String?
    /// Threads for one pass; nil leaves it to the library.
    package var threads: Int?

    package init(path: String, output: String?, precision: String, cacheFolder: String?, threads: Int?) {
        self.path = path
        self.output = output
        self.precision = precision
        self.cacheFolder = cacheFolder
        self.threads = threads
    }
}

/// A dense float32 array, row-major.
package struct Tensor: Sendable, Equatable {
    package var shape: [Int]
    package var values: [Float]

    package init(shape: [Int], values: [Float]) {
        self.shape = shape
        self.values = values
    }
}
