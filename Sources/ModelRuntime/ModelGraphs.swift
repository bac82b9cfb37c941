import HearthCore
import HearthInference
import HearthModelLibrary

/// The graphs of a model in memory, for one thread: prepared inputs in, answers out.
final class ModelGraphs: Sendable {
    private let folder: ModelFolder
    private let paddingID: Int32
    /// The first graph: it takes pictures, or texts when there is no other.
    private let main: any ModelSession
    /// Nil for models that give nothing for a picture but tensors.
    private let picture: (any PictureReader)?
    private let text: TextTower?

    /// - Parameter readers: What may read the outputs of a graph for pictures.
    /// - Throws: ``HearthError`` `invalid_configuration` when a graph has not what the manifest says.
    init(
        _ folder: ModelFolder, readers: PictureReaders = .standard, paddingID: Int32,
        load: (String) throws -> any ModelSession
    ) throws {
        self.folder = folder
        self.paddingID = paddingID
        let manifest = folder.manifest
        main = try load(manifest.weights)
        picture = try readers.reader(for: manifest, main.signature)
        text = try Self.textTower(manifest, main: main, load: load)
        if picture != nil || (manifest.image != nil && text == nil), main.signature.inputs.count != 1 {
            throw HearthError(
                .invalidConfiguration, "The graph has \(main.signature.inputs.count) inputs.",
                hint: "A graph for pictures must have one.")
        }
    }

    /// The same graphs for another thread; nothing is compiled again.
    init(sharing other: ModelGraphs) throws {
        folder = other.folder
        paddingID = other.paddingID
        main = try other.main.sibling()
        picture = other.picture
        let main = main
        text = try Self.textTower(folder.manifest, main: main) { _ in
            try other.text.map { try $0.session.sibling() } ?? main
        }
    }

    private static func textTower(
        _ manifest: ModelManifest, main: any ModelSession, load: (String) throws -> any ModelSession
    ) throws -> TextTower? {
        guard let output = manifest.output, let text = manifest.text else { return nil }
        return try TextTower(try text.weights.map(load) ?? main, output: text.output ?? output)
    }

    /// What the first graph takes and gives.
    var signature: GraphSignature { main.signature }

    /// Whether each pass is of one input, because a graph was converted so.
    var isForOne: Bool {
        [main, text?.session].contains { $0?.signature.inputs.contains { $0.shape.first == 1 } == true }
    }

    /// Runs inputs of one form as one pass.
    /// - Returns: An answer to each input, in their order, with what the graph gave and nothing else.
    func run(_ inputs: [PreparedInput]) throws -> [InferenceAnswer] {
        if case .tensors(let tensors, let outputs) = inputs.first?.content {
            return [InferenceAnswer(tensors: try infer(tensors, outputs: outputs))]
        }
        let pictures = inputs.compactMap { input in
            if case .picture(let tensor, let frame) = input.content { (tensor, frame) } else { nil }
        }
        guard pictures.isEmpty else { return try look(at: pictures.map(\.0), frames: pictures.map(\.1)) }
        return try read(
            inputs.compactMap { input in
                if case .text(let tokens) = input.content { tokens } else { nil }
            })
    }

    private func look(at pictures: [Tensor], frames: [PictureFrame?]) throws -> [InferenceAnswer] {
        guard let picture, let image = folder.manifest.image else {
            throw HearthError(.internalError, "The model gives nothing for pictures but tensors.")
        }
        let outputs = try main.run([Self.batch(pictures)], outputs: picture.outputs)
        // Where nothing depends on it, a picture counts as one of the graph's own size.
        let own = PictureFrame(width: image.width, height: image.height)
        let answers = try picture.answers(in: outputs, of: frames.map { $0 ?? own })
        guard answers.count == pictures.count else {
            throw HearthError(
                .internalError,
                "The model gave \(counted(answers.count, "answer")) to \(counted(pictures.count, "picture")).")
        }
        guard answers.allSatisfy({ $0.regions.allSatisfy(\.isFinite) }) else {
            throw HearthError(.internalError, "The model gave a region whose numbers are infinite or none.")
        }
        return answers
    }

    private func read(_ sequences: [[Int32]]) throws -> [InferenceAnswer] {
        guard let text, let preprocessing = folder.manifest.text else {
            throw HearthError(.internalError, "The model gives no vectors of texts.")
        }
        let pass = TextPass(sequences, preprocessing: preprocessing, paddingID: paddingID)
        let output = try text.run(pass.inputs(of: text.session.signature))
        return try pass.pooled(output, by: preprocessing.pooling, dims: text.output.dims).map { values in
            InferenceAnswer(vectors: [try text.output.scaled(values)])
        }
    }

    private func infer(_ tensors: [NamedTensor], outputs names: [String]) throws -> [NamedTensor] {
        let signature = main.signature
        let inputs = try signature.inputs.map { port in
            guard let tensor = tensors.first(where: { $0.name == port.name })?.tensor else {
                throw HearthError(
                    .invalidRequest, "The input \(port.name) is missing.",
                    hint: "The model takes \(signature.inputs.map(\.name).joined(separator: ", ")).")
            }
            return tensor
        }
        if let stray = tensors.first(where: { tensor in !signature.inputs.contains { $0.name == tensor.name } }) {
            throw HearthError(
                .invalidRequest, "The model has no input \"\(stray.name.prefix(80))\".",
                hint: "It takes \(signature.inputs.map(\.name).joined(separator: ", ")).")
        }
        let wanted = try names.map { name in
            guard let place = signature.outputs.firstIndex(where: { $0.name == name }) else {
                throw HearthError(
                    .invalidRequest, "The model has no output \"\(name.prefix(80))\".",
                    hint: "It gives \(signature.outputs.map(\.name).joined(separator: ", ")).")
            }
            return place
        }
        let places = wanted.isEmpty ? Array(signature.outputs.indices) : wanted
        let values = try main.run(inputs, outputs: places)
        return zip(places, values).map { NamedTensor(name: signature.outputs[$0].name, tensor: $1) }
    }

    /// Runs every form that a lone call may take once, so that no caller pays for the first; checks the outputs
    /// against the manifest.
    func warm() throws {
        try warmPictures(count: 1)
        try warmSizes()
        if let preprocessing = folder.manifest.text, text != nil {
            let limit = min(preprocessing.maximumTokens, Self.warmTokens)
            let lengths = preprocessing.padding == .maximum ? [1] : TextPass.lengths(upTo: limit)
            for length in lengths { _ = try read([Self.tokens(length)]) }
        }
        try warmOutputs()
    }

    /// Reads all weights once, so that they stay in memory.
    func touch() throws {
        if text != nil { _ = try read([Self.tokens(1)]) }
        try warmPictures(count: 1)
        try warmOutputs()
    }

    /// Runs a graph for pictures that gives no vector.
    private func warmOutputs() throws {
        guard picture == nil, text == nil, let image = folder.manifest.image else { return }
        _ = try main.run([Self.batch([Self.grey(image)])], outputs: Array(main.signature.outputs.indices))
    }

    /// Runs a size of pass once: of texts, or of pictures by models that see nothing else.
    func warm(size: Int) throws {
        if text != nil {
            _ = try read(Array(repeating: Self.tokens(16), count: size))
        } else {
            try warmPictures(count: size)
        }
    }

    /// Runs a graph that takes pictures of any size on those that cameras give: the first pass of a size costs more.
    private func warmSizes() throws {
        guard let multiple = folder.manifest.face?.multiple, let image = folder.manifest.image, picture != nil else {
            return
        }
        for (long, short) in [(4, 3), (16, 9), (3, 2)] {
            let side = (image.width * short / long + multiple - 1) / multiple * multiple
            for (width, height) in [(image.width, side), (side, image.height)] {
                var other = image
                (other.width, other.height) = (width, height)
                _ = try look(at: [Self.grey(other)], frames: [PictureFrame(width: width, height: height)])
            }
        }
    }

    private func warmPictures(count: Int) throws {
        guard picture != nil, let image = folder.manifest.image else { return }
        _ = try look(
            at: Array(repeating: Self.grey(image), count: count), frames: Array(repeating: nil, count: count))
    }

    /// Lengths up to this are warm from the start: what sentences and short paragraphs have.
    private static let warmTokens = 64

    private static func tokens(_ count: Int) -> [Int32] { Array(repeating: 1, count: count) }

    /// A picture of one grey.
    private static func grey(_ image: ImagePreprocessing) -> Tensor {
        let shape: [Int] =
            switch image.layout {
            case .nchw: [3, image.height, image.width]
            case .nhwc: [image.height, image.width, 3]
            }
        return Tensor(shape: shape, values: Array(repeating: 0.5, count: shape.reduce(1, *)))
    }

    /// One picture after the other; a single one is passed on without a copy.
    private static func batch(_ pictures: [Tensor]) -> Tensor {
        let shape = [pictures.count] + (pictures.first?.shape ?? [])
        if pictures.count == 1, let only = pictures.first { return Tensor(shape: shape, elements: only.elements) }
        var values: [Float] = []
        values.reserveCapacity(shape.reduce(1, *))
        for picture in pictures { values += picture.values }
        return Tensor(shape: shape, values: values)
    }
}
