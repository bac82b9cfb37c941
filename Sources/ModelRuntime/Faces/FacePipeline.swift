import HearthCore
import HearthInference
import HearthModelLibrary

/// Finds the faces of one picture, measures them, and makes their vectors, from one decoding.
///
/// The detector's call decodes the picture on a decoding thread and keeps its pixels; landmarks, crops and tiles are
/// drawn from these. Each pass goes through its model's queue like any other call.
struct FacePipeline: Sendable {
    /// A model of the pipeline, and how its input is prepared.
    struct Part: Sendable {
        let folder: ModelFolder
        let image: ImagePreprocessing
    }

    /// The pixels of the picture, and how the whole of it was laid before the detector.
    private struct Sight: Sendable {
        let picture: PixelPicture
        let canvas: FaceCanvas
    }

    let host: ModelHost
    let request: InferenceRequest
    let question: FaceQuestion
    let detector: Part
    let landmarks: Part?
    let embedder: Part?

    /// Parts of a tile that its neighbours show too.
    private static let tileOverlap = 0.25
    /// Boxes that share more of their union are of one face, wherever they were found.
    private static let sameFace = 0.3

    /// - Throws: ``HearthError`` as ``ModelHost/answer(_:)``.
    func answer(_ picture: Picture) async throws -> InferenceAnswer {
        let kept = Locked<Sight?>(nil)
        let first = try await host.look(
            detector.folder.id, request.asking(.ask(.image(picture), for: .findFaces)),
            .prepared { isWanted in
                let sight = try sight(of: picture, while: isWanted)
                kept.withLock { $0 = sight }
                return sight.canvas.content(of: sight.picture, detector.image)
            })
        guard let sight = kept.withLock({ $0 }) else {
            throw HearthError(.internalError, "The picture was not kept for its faces.")
        }
        var timings = FaceTimings(
            decode: first.timings.decode, queue: first.timings.queue, detect: first.timings.compute)
        var boxes = first.regions.map(sight.canvas.region)
        if question.search.tiles > 1 { boxes += try await tiles(of: sight.picture, &timings) }
        var faces = selected(boxes)
        if let landmarks { faces = try await pointed(faces, in: sight.picture, by: landmarks, &timings) }
        return try await described(faces, in: sight.picture, timings)
    }

    private func sight(of picture: Picture, while isWanted: () -> Bool) throws -> Sight {
        // Tiles show the detector more pixels, so more are kept for them.
        let pixels = try host.codec.pixels(
            of: picture.bytes, keeping: Limits.facePictureSide * question.search.tiles,
            limit: Limits.facePicturePixels, while: isWanted)
        let all = FaceCanvas.Area(x: 0, y: 0, width: Double(pixels.width), height: Double(pixels.height))
        return Sight(picture: pixels, canvas: canvas(showing: all))
    }

    private func canvas(showing area: FaceCanvas.Area) -> FaceCanvas {
        FaceCanvas(
            showing: area, by: question.search, image: detector.image, multiple: detector.folder.manifest.face?.multiple
        )
    }

    /// The boxes that count, the largest first.
    private func selected(_ boxes: [FaceBox]) -> [FaceBox] {
        let score = question.minimumScore ?? Float(detector.folder.manifest.face?.score ?? 1)
        let wanted = boxes.filter { $0.score >= score && $0.width >= 1 && $0.height >= 1 }
        let best = FaceOverlap(limit: Self.sameFace).best(of: wanted, score: \.score) { $0 }
        return Array(best.sorted { $0.area > $1.area }.prefix(question.maximumFaces))
    }
}

/// What is drawn from the pixels.
extension FacePipeline {
    /// Boxes of overlapping parts of the picture, each as large before the detector as the whole was.
    private func tiles(of picture: PixelPicture, _ timings: inout FaceTimings) async throws -> [FaceBox] {
        let count = Double(question.search.tiles)
        let share = count - (count - 1) * Self.tileOverlap
        let (width, height) = (Double(picture.width) / share, Double(picture.height) / share)
        let (stepX, stepY) = (width * (1 - Self.tileOverlap), height * (1 - Self.tileOverlap))
        var places: [FaceCanvas.Area] = []
        for row in 0..<question.search.tiles {
            for column in 0..<question.search.tiles {
                let (x, y) = (Double(column) * stepX, Double(row) * stepY)
                places.append(FaceCanvas.Area(x: x, y: y, width: width, height: height))
            }
        }
        let start = ContinuousClock.now
        let found = try await concurrentMap(places) { area in
            let canvas = canvas(showing: area)
            let answer = try await host.look(
                detector.folder.id, request.asking(.run([])),
                .content(canvas.content(of: picture, detector.image)))
            return answer.regions.map(canvas.region).filter { !Self.isCut($0, by: area, of: picture) }
        }
        timings.detect += .now - start
        return found.flatMap { $0 }
    }

    /// Whether a box ends where its tile does inside the picture: a neighbour, or the whole picture, shows all of it.
    private static func isCut(_ box: FaceBox, by area: FaceCanvas.Area, of picture: PixelPicture) -> Bool {
        let (slackX, slackY) = (0.02 * area.width, 0.02 * area.height)
        return (area.x > 1 && box.left < area.x + slackX)
            || (area.y > 1 && box.top < area.y + slackY)
            || (area.x + area.width < Double(picture.width) - 1 && box.right > area.x + area.width - slackX)
            || (area.y + area.height < Double(picture.height) - 1 && box.bottom > area.y + area.height - slackY)
    }

    /// The faces with the landmarks that a model finds in their boxes.
    private func pointed(
        _ faces: [FaceBox], in picture: PixelPicture, by model: Part, _ timings: inout FaceTimings
    ) async throws -> [FaceBox] {
        let start = ContinuousClock.now
        let pointed = try await concurrentMap(faces) { face in
            let (width, height) = (Double(model.image.width), Double(model.image.height))
            let map = AffineMap(
                xx: face.width / width, xy: 0, x0: face.left, yx: 0, yy: face.height / height, y0: face.top)
            let crop = picture.tensor(model.image, width: model.image.width, height: model.image.height, map: map)
            let answer = try await host.look(
                model.folder.id, request.asking(.run([])), .content(.picture(crop)))
            var face = face
            face.points = (answer.regions.first?.points ?? []).map { point in
                map(PicturePlace(x: Double(point.x) * width, y: Double(point.y) * height))
            }
            return face
        }
        timings.detect += .now - start
        return pointed
    }

    /// The answer: measures and, where they are asked for, vectors of the faces.
    private func described(
        _ faces: [FaceBox], in picture: PixelPicture, _ times: FaceTimings
    ) async throws -> InferenceAnswer {
        var timings = times
        let start = ContinuousClock.now
        let scale = Double(picture.fullWidth) / Double(picture.width)
        let traits = faces.map { FaceMeasure.traits(of: $0, in: picture, scale: scale) }
        let crops: [(face: Int, crop: Tensor)] =
            embedder.map { model in
                faces.enumerated().compactMap { place, face in
                    Self.crop(of: face, in: picture, for: model).map { (face: place, crop: $0) }
                }
            } ?? []
        let aligned = ContinuousClock.now
        timings.align = aligned - start
        var answer = InferenceAnswer(regions: faces.map { $0.region(in: picture) })
        if let embedder {
            let answers = try await concurrentMap(crops.map(\.crop)) { crop in
                try await host.look(embedder.folder.id, request.asking(.run([])), .content(.picture(crop)))
            }
            answer.vectors = answers.compactMap(\.vectors.first)
            answer.model = answers.first?.model
            timings.embed = .now - aligned
        }
        guard answer.vectors.count == crops.count else {
            throw HearthError(.internalError, "The model gave no vector of a face.")
        }
        let vectors = Dictionary(uniqueKeysWithValues: crops.enumerated().map { ($1.face, $0) })
        answer.faces = FaceReport(
            width: picture.fullWidth, height: picture.fullHeight,
            faces: traits.enumerated().map { FaceReport.Face(traits: $1, vector: vectors[$0]) },
            detector: ModelIdentity(
                id: detector.folder.id, digest: detector.folder.digest, dims: 0,
                precision: host.precision(of: detector.folder)), timings: timings)
        answer.timings = InferenceTimings(
            decode: timings.decode, queue: timings.queue, compute: timings.detect + timings.align + timings.embed,
            batch: 1)
        return answer
    }

    /// A face turned and scaled to the template of an embedder; nil when its points cannot be: they are at one place.
    static func crop(of face: FaceBox, in picture: PixelPicture, for model: Part) -> Tensor? {
        let (width, height) = (Double(model.image.width), Double(model.image.height))
        let template = (model.folder.manifest.face?.template ?? []).map { point in
            PicturePlace(x: point[0] * width, y: point[1] * height)
        }
        guard let map = AffineMap.similarity(from: face.points, to: template)?.inverse else { return nil }
        // The four pixels around each place, as in the pipelines that thresholds were measured with.
        return picture.tensor(
            model.image, width: model.image.width, height: model.image.height, map: map, averages: false)
    }
}

extension InferenceRequest {
    /// The same for a part of the work: for the same caller, as urgent, until the same time.
    fileprivate func asking(_ question: InferenceQuestion) -> InferenceRequest {
        InferenceRequest(question, priority: priority, tenant: tenant, deadline: deadline)
    }
}
