import HearthCore
import HearthInference
import HearthModelLibrary

extension ModelManifest {
    /// What the manifest of a model for faces says to callers; nil for others, and for one that cannot be asked.
    var faceNote: FaceModelNote? {
        if kind == .faceDetection, let face, postprocess != nil {
            return FaceModelNote(score: face.score, enrolmentScore: face.enrolmentScore, landmarks: face.landmarks)
        }
        guard kind == .faceEmbedding, face?.template != nil else { return nil }
        return FaceModelNote(
            rates: match?.rates?.map { .init(fmr: $0.fmr, threshold: $0.threshold, pairs: $0.pairs) })
    }
}
