/// A compiled graph: the small synchronous protocol that an inference library is wrapped in.
///
/// A session is used by one thread at a time; its owner (the batching loop) sees to that.
package protocol ModelSession: AnyObject, Sendable {
    /// Inputs and outputs, in the graph's own order.
    var signature: GraphSignature { get }

    /// Runs one pass.
    /// - Parameters:
    ///   - inputs: One tensor for each input, in the order of the signature, shape `[n, …]`.
    ///   - outputs: Indices of the outputs to read; they are returned in this order.
    /// - Throws: ``HearthError`` `invalid_request` for tensors that do not fit the ports, `internal_error` with the
    ///   library's own error as cause.
    func run(_ inputs: [Tensor], outputs: [Int]) throws -> [Tensor]

    /// Another session over the same compiled graph, for another thread.
    func sibling() throws -> any ModelSession
}

/// Loads compiled graphs: one per inference library.
package protocol ModelRuntime: Sendable {
    /// The precision the machine runs best when the setting says `auto`: `bf16` or `f32`.
    var preferredPrecision: String { get }

    /// Reads and compiles the weights at `path`; slow, called off the cooperative threads.
    func load(_ request: ModelLoadRequest) throws -> any ModelSession

    /// Gives back memory that only loading needed; called when a model has run for the first time.
    func settle()
}

extension ModelRuntime {
    /// Does nothing: most runtimes keep no memory that they do not need.
    package func settle() {}
}

/// What a runtime needs to know to load a graph.
package struct ModelLoadRequest: Sendable {
    /// Path of the graph file (`.xml`, `.onnx`, `.tflite`).
    package var path: String
    /// `f32` or `bf16`.
    package var precision: String
    /// Folder for compiled blobs; nil turns the cache off.
    package var cacheFolder: String?
    /// Threads for all passes; nil leaves it to the library.
    package var threads: Int?
    /// Passes that run side by side, each in a session of its own. With 1, all threads work on one pass: that gives the
    /// shortest answer; with more, each pass has its share of them, which gives more answers in all.
    package var streams: Int

    package init(path: String, precision: String, cacheFolder: String?, threads: Int?, streams: Int = 1) {
        self.path = path
        self.precision = precision
        self.cacheFolder = cacheFolder
        self.threads = threads
        self.streams = streams
    }
}

/// What a graph takes and gives.
package struct GraphSignature: Sendable, Equatable, Codable {
    package var inputs: [TensorPort]
    package var outputs: [TensorPort]

    package init(inputs: [TensorPort], outputs: [TensorPort]) {
        self.inputs = inputs
        self.outputs = outputs
    }

    /// The place of an output. Names differ between conversions of one model, so an index ("0") is a name as well.
    /// - Parameter name: nil: the first one.
    /// - Throws: ``HearthError`` `invalid_configuration`.
    package func output(named name: String?) throws(HearthError) -> Int {
        guard let name else {
            guard !outputs.isEmpty else { throw HearthError(.invalidConfiguration, "The graph has no output.") }
            return 0
        }
        if let place = outputs.firstIndex(where: { $0.name == name }) { return place }
        if let place = Int(name), outputs.indices.contains(place) { return place }
        throw HearthError(
            .invalidConfiguration, "The graph has no output \"\(name.prefix(80))\".",
            hint: "It has \(outputs.map(\.name).joined(separator: ", ")).")
    }
}

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
