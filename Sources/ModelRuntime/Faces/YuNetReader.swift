import Foundation
import HearthCore
import HearthInference
import HearthJSON
import HearthModelLibrary

/// `yunet`: for each step of pixels the outputs `cls`, `obj`, `bbox` and `kps`, a row of cells after the other.
///
/// Settings: `strides` (8, 16, 32 when absent), `overlap` (0.3).
struct YuNetReader: PictureReader {
    let outputs: [Int]
    private let strides: [Int]
    private let overlap: Double
    private static let parts = ["cls", "obj", "bbox", "kps"]
    private static let sizes = [1, 1, 4, 10]

    init(_ manifest: ModelManifest, signature: GraphSignature) throws(HearthError) {
        var strides: [Int] = []
        for value in manifest.postprocess?.settings?["strides"]?.arrayValue ?? [8, 16, 32] {
            guard let stride = value.integerValue, (1...256).contains(stride) else {
                throw HearthError(.invalidConfiguration, "postprocess.settings.strides are 1 to 256 pixels.")
            }
            strides.append(Int(stride))
        }
        self.strides = strides
        overlap = try FaceReading.number("overlap", of: manifest, in: 0...1, default: 0.3)
        var outputs: [Int] = []
        // A runtime that knows several names of an output may keep another one: then its place in the export counts.
        let hasPlaces = signature.outputs.count == Self.parts.count * strides.count
        for (level, stride) in strides.enumerated() {
            for (place, part) in Self.parts.enumerated() {
                let name = "\(part)_\(stride)"
                let isNamed = signature.outputs.contains { $0.name == name }
                outputs.append(
                    try hasPlaces && !isNamed
                        ? place * strides.count + level : signature.output(named: name))
            }
        }
        self.outputs = outputs
    }

    func answers(in tensors: [Tensor], of pictures: [PictureFrame]) throws(HearthError) -> [InferenceAnswer] {
        var answers: [InferenceAnswer] = []
        for (place, frame) in pictures.enumerated() {
            var regions: [PictureRegion] = []
            for (level, stride) in strides.enumerated() {
                let cells = (columns: frame.width / stride, rows: frame.height / stride)
                for (part, size) in Self.sizes.enumerated() {
                    try FaceReading.check(
                        tensors[4 * level + part], holds: pictures.count * cells.columns * cells.rows * size)
                }
                let parts = (0..<4).map { FaceReading.part(tensors[4 * level + $0], place, of: pictures.count) }
                Self.read(parts, columns: cells.columns, stride: Float(stride), frame, into: &regions)
            }
            answers.append(FaceReading.answer(regions, overlap: overlap, in: frame))
        }
        return answers
    }

    private static func read(
        _ parts: [ArraySlice<Float>], columns: Int, stride: Float, _ frame: PictureFrame,
        into regions: inout [PictureRegion]
    ) {
        let starts = parts.map(\.startIndex)
        let (width, height) = (Float(frame.width), Float(frame.height))
        for cell in 0..<parts[0].count {
            let certainty = min(max(parts[0][starts[0] + cell], 0), 1) * min(max(parts[1][starts[1] + cell], 0), 1)
            // What is no number is no face either.
            guard certainty >= FaceReading.lowestScore * FaceReading.lowestScore else { continue }
            let (column, row) = (Float(cell % columns), Float(cell / columns))
            let box = parts[2].dropFirst(4 * cell).prefix(4).map { $0 }
            let (w, h) = (exp(box[2]) * stride, exp(box[3]) * stride)
            let points = (0..<5).map { point in
                let place = starts[3] + 10 * cell + 2 * point
                return PictureRegion.Point(
                    x: (parts[3][place] + column) * stride / width, y: (parts[3][place + 1] + row) * stride / height)
            }
            let region = PictureRegion(
                x: ((column + box[0]) * stride - w / 2) / width, y: ((row + box[1]) * stride - h / 2) / height,
                width: w / width, height: h / height, score: certainty.squareRoot(), points: points)
            if FaceReading.isPlausible(region) { regions.append(region) }
        }
    }
}
