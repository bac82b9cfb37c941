import Foundation
import HearthCatalogue
import HearthCore
import HearthModels
import HearthOpenVINO
import HearthVips

/// `hearth-worker bare MODEL PICTURE SECONDS`: what a model costs without Hearth around it; `hearth bench` compares.
///
/// Prints the medians of single calls on one thread, in milliseconds, as JSON: `decode_ms` (picture to tensor),
/// `call_ms` (the bare call of the inference library) and `both_ms`.
struct BareCall {
    private let model: String
    private let picture: String
    private let seconds: Double

    /// - Returns: nil when the arguments are not those of this command.
    init?(arguments: [String]) {
        guard arguments.count == 5, arguments[1] == "bare", let seconds = Double(arguments[4]) else { return nil }
        (model, picture, self.seconds) = (arguments[2], arguments[3], seconds)
    }

    /// - Throws: ``HearthError`` when there is no such model, or it cannot be loaded.
    func run(_ catalogue: ModelCatalogue, _ configuration: ModelHostConfiguration, codec: VipsCodec) throws {
        guard let folder = catalogue.folder(model) else {
            throw HearthError(.notFound, "There is no model \(model).")
        }
        guard let preprocessing = folder.manifest.image else {
            throw HearthError(.invalidRequest, "The model \(model) sees no pictures.")
        }
        let runtime = try OpenVINORuntime()
        let free = configuration.precision == .auto ? runtime.preferredPrecision : configuration.precision.rawValue
        let session = try runtime.load(
            ModelLoadRequest(
                path: folder.path(of: folder.manifest.weights),
                precision: folder.manifest.precision ?? free, cacheFolder: nil, threads: nil))
        let image = try Data(contentsOf: URL(fileURLWithPath: picture))
        var (decoding, calling, both): ([Double], [Double], [Double]) = ([], [], [])
        let end = ContinuousClock.now + .seconds(seconds)
        repeat {
            let start = ContinuousClock.now
            let tensor = try codec.decode(image, for: preprocessing)
            let decoded = ContinuousClock.now
            _ = try session.run(
                [Tensor(shape: folder.inputShape(count: 1), values: tensor.values)], outputs: [0])
            let called = ContinuousClock.now
            decoding.append((decoded - start).fractionalMilliseconds)
            calling.append((called - decoded).fractionalMilliseconds)
            both.append((called - start).fractionalMilliseconds)
        } while ContinuousClock.now < end
        let result: JSONValue = [
            "decode_ms": .double(Self.median(decoding)), "call_ms": .double(Self.median(calling)),
            "both_ms": .double(Self.median(both)),
        ]
        FileHandle.standardOutput.write(Data((result.encodedText() + "\n").utf8))
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}
