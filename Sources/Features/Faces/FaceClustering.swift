/// Sorts faces into people, by their similarity and by what is known to be two people.
///
/// Pairs are joined from the most similar one on. Two groups become one when their means are similar too, so that a
/// chain of faces each of which is a little like the next does not join strangers; and never when that would bring two
/// faces of one photo together, because a person is in a photo once.
struct FaceClustering: Sendable {
    /// One face.
    struct Face: Sendable {
        let vector: [Float]
        /// Faces of one photo are different people.
        let photo: String
    }

    /// For each face the place of the first face of its group.
    let groups: [Int]

    /// - Parameter threshold: the cosine from which on two faces count as one person's.
    init(_ faces: [Face], threshold: Double) {
        var pairs: [(left: Int, right: Int, score: Double)] = []
        for left in faces.indices {
            for right in faces.indices[(left + 1)...] where faces[left].photo != faces[right].photo {
                let score = FaceVector.cosine(faces[left].vector, faces[right].vector)
                if score >= threshold { pairs.append((left, right, score)) }
            }
        }
        // Equal scores in the order of the faces: the same faces give the same groups.
        pairs.sort { ($1.score, $0.left, $0.right) < ($0.score, $1.left, $1.right) }
        var parents = Array(faces.indices)
        var photos = faces.map { Set([$0.photo]) }
        var sums = faces.map(\.vector)
        func root(_ place: Int) -> Int {
            var place = place
            while parents[place] != place {
                parents[place] = parents[parents[place]]
                place = parents[place]
            }
            return place
        }
        for pair in pairs {
            let (left, right) = (root(pair.left), root(pair.right))
            guard left != right, photos[left].isDisjoint(with: photos[right]),
                FaceVector.cosine(sums[left], sums[right]) >= threshold
            else { continue }
            let (kept, joined) = (min(left, right), max(left, right))
            parents[joined] = kept
            photos[kept].formUnion(photos[joined])
            photos[joined] = []
            for place in sums[kept].indices where place < sums[joined].count {
                sums[kept][place] += sums[joined][place]
            }
        }
        groups = faces.indices.map(root)
    }
}
