import HearthCore
import HearthInference
import HearthModelLibrary

/// `ssd`: one output with rows of seven: picture, label, score, left, top, right, bottom; a picture below 0 ends them.
///
/// Settings: `output` (the first), `overlap` (0.45).
struct SSDReader: PictureReader {
    let outputs: [Int]
    private let overlap: Double

    init(_ manifest: ModelManifest, signature: GraphSignature) throws(HearthError) {
        outputs = [try signature.output(named: FaceReading.name("output", of: manifest))]
        overlap = try FaceReading.number("overlap", of: manifest, in: 0...1, default: 0.45)
    }

    func answers(in tensors: [Tensor], of pictures: [PictureFrame]) throws(HearthError) -> [InferenceAnswer] {
        let values = tensors.first?.values ?? []
        guard values.count.isMultiple(of: 7) else {
            throw HearthError(.internalError, "The detector gave \(values.count) values, which are no rows of seven.")
        }
        var regions = [[PictureRegion]](repeating: [], count: pictures.count)
        for start in stride(from: 0, to: values.count, by: 7) {
            let (picture, score) = (values[start], values[start + 2])
            guard picture >= 0 else { break }
            guard picture < Float(pictures.count), score >= FaceReading.lowestScore else { continue }
            let region = PictureRegion(
                x: values[start + 3], y: values[start + 4], width: values[start + 5] - values[start + 3],
                height: values[start + 6] - values[start + 4], score: min(score, 1))
            if FaceReading.isPlausible(region) { regions[Int(picture)].append(region) }
        }
        return zip(regions, pictures).map { FaceReading.answer($0, overlap: overlap, in: $1) }
    }
}

/// `scored-boxes`: an output with a score of the background and one of a face for each box, and one with left, top,
/// right, bottom of each, as parts of the input.
///
/// Settings: `scores` and `boxes` (names of the outputs), `overlap` (0.3).
struct ScoredBoxReader: PictureReader {
    let outputs: [Int]
    private let overlap: Double

    init(_ manifest: ModelManifest, signature: GraphSignature) throws(HearthError) {
        outputs = [
            try signature.output(named: FaceReading.name("scores", of: manifest) ?? "scores"),
            try signature.output(named: FaceReading.name("boxes", of: manifest) ?? "boxes"),
        ]
        overlap = try FaceReading.number("overlap", of: manifest, in: 0...1, default: 0.3)
    }

    func answers(in tensors: [Tensor], of pictures: [PictureFrame]) throws(HearthError) -> [InferenceAnswer] {
        try FaceReading.check(tensors[1], holds: tensors[0].values.count * 2)
        var answers: [InferenceAnswer] = []
        for (place, frame) in pictures.enumerated() {
            let scores = Array(FaceReading.part(tensors[0], place, of: pictures.count))
            let boxes = Array(FaceReading.part(tensors[1], place, of: pictures.count))
            var regions: [PictureRegion] = []
            for box in 0..<(scores.count / 2) where scores[2 * box + 1] >= FaceReading.lowestScore {
                let edges = boxes[(4 * box)..<(4 * box + 4)]
                let first = edges.startIndex
                let region = PictureRegion(
                    x: edges[first], y: edges[first + 1], width: edges[first + 2] - edges[first],
                    height: edges[first + 3] - edges[first + 1], score: min(scores[2 * box + 1], 1))
                if FaceReading.isPlausible(region) { regions.append(region) }
            }
            answers.append(FaceReading.answer(regions, overlap: overlap, in: frame))
        }
        return answers
    }
}

/// `points`: five landmarks, x and y of each as parts of the input, in the order of ``FaceBox/points``.
struct PointReader: PictureReader {
    let outputs: [Int]

    init(_ manifest: ModelManifest, signature: GraphSignature) throws(HearthError) {
        outputs = [try signature.output(named: FaceReading.name("output", of: manifest))]
    }

    func answers(in tensors: [Tensor], of pictures: [PictureFrame]) throws(HearthError) -> [InferenceAnswer] {
        try FaceReading.check(tensors[0], holds: 10 * pictures.count)
        return pictures.indices.map { place in
            let values = Array(FaceReading.part(tensors[0], place, of: pictures.count))
            let points = (0..<5).map { PictureRegion.Point(x: values[2 * $0], y: values[2 * $0 + 1]) }
            let region = PictureRegion(x: 0, y: 0, width: 1, height: 1, score: 1, points: points)
            return InferenceAnswer(regions: FaceReading.isPlausible(region) ? [region] : [])
        }
    }
}
