import HearthCore
import HearthInference
import HearthJSON
import HearthModelLibrary

/// What all readers of face detectors share. They see the graph's input as the picture: a caller that has laid a larger
/// picture before the graph brings the regions back itself.
enum FaceReading {
    /// Boxes with lower scores are never read, whatever a caller asks for.
    static let lowestScore: Float = 0.2
    /// Boxes that reach so many times beyond the input are none.
    private static let reach: Float = 4

    /// A region whose numbers are some, and near the picture.
    static func isPlausible(_ region: PictureRegion) -> Bool {
        region.isFinite && region.width > 0 && region.height > 0 && region.width <= reach && region.height <= reach
            && region.x.magnitude <= reach && region.y.magnitude <= reach
            && region.points.allSatisfy { $0.x.magnitude <= reach && $0.y.magnitude <= reach }
    }

    /// One box for each face.
    static func answer(_ regions: [PictureRegion], overlap: Double, in frame: PictureFrame) -> InferenceAnswer {
        // Boxes are compared in pixels: parts of a wide picture are not square.
        let (across, down) = (Double(frame.width), Double(frame.height))
        let best = FaceOverlap(limit: overlap).best(of: regions, score: \.score) { region in
            let (left, top) = (Double(region.x) * across, Double(region.y) * down)
            return FaceBox(
                left: left, top: top, right: left + Double(region.width) * across,
                bottom: top + Double(region.height) * down, score: region.score, points: [])
        }
        return InferenceAnswer(regions: best)
    }

    /// A number among the settings of a reader.
    /// - Throws: ``HearthError`` `invalid_configuration` when it is none of a range.
    static func number(
        _ key: String, of manifest: ModelManifest, in range: ClosedRange<Double>, default fallback: Double
    ) throws(HearthError) -> Double {
        guard let value = manifest.postprocess?.settings?[key] else { return fallback }
        guard let number = value.doubleValue, range.contains(number) else {
            throw HearthError(
                .invalidConfiguration,
                "model.json gives \(value.encodedText().prefix(40)) as postprocess.settings.\(key).",
                hint: "\(range.lowerBound) to \(range.upperBound) is allowed.")
        }
        return number
    }

    /// The name of an output among the settings.
    static func name(_ key: String, of manifest: ModelManifest) -> String? {
        manifest.postprocess?.settings?[key]?.stringValue
    }

    /// - Throws: ``HearthError`` `internal_error` when an output has another size than it must have.
    static func check(_ tensor: Tensor, holds count: Int) throws(HearthError) {
        guard tensor.values.count == count else {
            throw HearthError(
                .internalError, "The detector gave \(tensor.values.count) values where \(count) were expected.")
        }
    }

    /// The part of a tensor that belongs to one picture of a pass.
    static func part(_ tensor: Tensor, _ place: Int, of count: Int) -> ArraySlice<Float> {
        let size = tensor.values.count / max(1, count)
        return tensor.values[(place * size)..<((place + 1) * size)]
    }
}
