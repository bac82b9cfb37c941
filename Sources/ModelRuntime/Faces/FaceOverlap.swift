import HearthCore
import HearthInference

/// Leaves one of several boxes that a detector gives for one face: the one with the highest score.
struct FaceOverlap {
    /// Parts of the union of two boxes that they share; above it they are of one face.
    let limit: Double

    /// The best ones, by falling score; of very many, only the best are looked at.
    func best<Box>(of boxes: [Box], score: (Box) -> Float, edges: (Box) -> FaceBox) -> [Box] {
        let sorted = boxes.sorted { score($0) > score($1) }.prefix(Limits.faceCandidates).map { ($0, edges($0)) }
        var kept: [(box: Box, edges: FaceBox)] = []
        for (box, edges) in sorted where !kept.contains(where: { overlap($0.edges, edges) > limit }) {
            kept.append((box, edges))
        }
        return kept.map(\.box)
    }

    private func overlap(_ one: FaceBox, _ other: FaceBox) -> Double {
        let width = min(one.right, other.right) - max(one.left, other.left)
        let height = min(one.bottom, other.bottom) - max(one.top, other.top)
        guard width > 0, height > 0 else { return 0 }
        let shared = width * height
        return shared / (one.area + other.area - shared)
    }
}
