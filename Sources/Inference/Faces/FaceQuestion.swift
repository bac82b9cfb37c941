package import HearthCore

/// What a worker is asked about the faces of a picture; all of it is answered from one decoding.
package struct FaceQuestion: Sendable, Hashable, Codable {
    package var search: FaceSearch
    /// Lowest score of a face; nil: the detector's own.
    package var minimumScore: Float?
    /// Faces that are described at most: the largest ones.
    package var maximumFaces: Int
    /// Whether each face gets its vector.
    package var embeds: Bool
    /// Ids of models; nil: the first that can do it, a detector with landmarks before others.
    package var detector: String?
    /// Nil with a request for faces without vectors.
    package var embedder: String?

    package init(
        search: FaceSearch = .standard, minimumScore: Float? = nil, maximumFaces: Int = Limits.facesPerPicture,
        embeds: Bool, detector: String? = nil, embedder: String? = nil
    ) {
        self.search = search
        self.minimumScore = minimumScore
        self.maximumFaces = maximumFaces
        self.embeds = embeds
        self.detector = detector
        self.embedder = embedder
    }

    /// What a model must be able to do that is asked so.
    package var ability: ModelAbility { embeds ? .embedFaces : .findFaces }

    /// Checks numbers that come from callers, before anything is allocated for them.
    /// - Throws: ``HearthError`` `invalid_request`.
    package func check() throws(HearthError) {
        guard search.longSide.map(Limits.faceSearchSides.contains) ?? true else {
            throw Self.outside(
                "long side",
                "\(Limits.faceSearchSides.lowerBound) to "
                    + "\(Limits.faceSearchSides.upperBound) pixels are allowed.")
        }
        guard Limits.faceSearchPadding.contains(search.padding) else {
            throw Self.outside("padding", "0 to \(Limits.faceSearchPadding.upperBound) of the long side is allowed.")
        }
        guard (0...3).contains(search.quarterTurns) else {
            throw Self.outside("number of quarter turns", "0 to 3 are allowed.")
        }
        guard Limits.faceSearchTiles.contains(search.tiles) else {
            throw Self.outside("number of tiles", "1 to \(Limits.faceSearchTiles.upperBound) a side are allowed.")
        }
        guard minimumScore.map({ (0...1).contains($0) }) ?? true else {
            throw Self.outside("lowest score", "0 to 1 is allowed.")
        }
        guard (1...Limits.facesPerPicture).contains(maximumFaces) else {
            throw Self.outside("number of faces", "1 to \(Limits.facesPerPicture) are allowed.")
        }
    }

    private static func outside(_ what: String, _ allowed: String) -> HearthError {
        HearthError(.invalidRequest, "The \(what) of a search for faces is out of range.", hint: allowed)
    }
}

/// What a worker says of the faces that it has found, beside the regions and vectors of its answer.
package struct FaceReport: Sendable, Equatable, Codable {
    /// One face, in the order of the answer's regions.
    package struct Face: Sendable, Equatable, Codable {
        package var traits: FaceTraits
        /// Which of the answer's vectors is its own; nil: none was asked for, or its landmarks cannot be aligned.
        package var vector: Int?

        package init(traits: FaceTraits, vector: Int? = nil) {
            self.traits = traits
            self.vector = vector
        }
    }

    /// Size of the upright picture.
    package var width: Int
    /// Upright, from top to bottom.
    package var height: Int
    package var faces: [Face]
    /// The model that found them; it gives no vectors, and so its `dims` are 0.
    package var detector: ModelIdentity
    /// Nanoseconds: `decode`, `queue`, `detect`, `align`, `embed` of ``FaceTimings``.
    private var times: [Int64]

    package init(width: Int, height: Int, faces: [Face], detector: ModelIdentity, timings: FaceTimings) {
        self.width = width
        self.height = height
        self.faces = faces
        self.detector = detector
        times = [timings.decode, timings.queue, timings.detect, timings.align, timings.embed].map(\.nanoseconds)
    }

    /// Where the time went.
    package var timings: FaceTimings {
        guard times.count == 5 else { return FaceTimings() }
        return FaceTimings(
            decode: .nanoseconds(times[0]), queue: .nanoseconds(times[1]), detect: .nanoseconds(times[2]),
            align: .nanoseconds(times[3]), embed: .nanoseconds(times[4]))
    }
}
