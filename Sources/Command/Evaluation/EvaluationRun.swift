import HearthCore
import HearthInference
import HearthJSON

/// Evaluates models on a folder of pictures: `hearth studio eval` and `hearth products eval`.
struct EvaluationRun {
    /// What the pictures show.
    enum Subject: String {
        case character, product
    }

    let options: EvaluationOptions
    let subject: Subject

    /// A model and what it found.
    struct Report {
        let model: VectorWorker.Model
        /// The first row is of the pictures as they are.
        let rows: [Row]
    }

    /// What was found after a change.
    struct Row {
        /// Nil: the pictures as they are.
        let change: PictureChange?
        let result: RetrievalEvaluation.Result
    }

    func run() async throws {
        let settings = try await options.settings()
        // Before the models: the first look at those hashes all weights.
        let pictures = try LabelledPictures(folder: options.folder, separatesShop: subject == .product)
        try pictures.requireSeveralOwners(subject.rawValue, in: options.folder)
        let count = pictures.views.count + pictures.shop.count
        guard count <= Limits.evaluatedPictures else {
            throw HearthError(
                .invalidRequest, "There are \(count) pictures in \(options.folder).",
                hint: "At most \(Limits.evaluatedPictures) are evaluated; name a smaller folder.")
        }
        var reports: [Report] = []
        for model in try options.modelIDs(settings, for: subject) {
            reports.append(try await report(of: model, pictures, settings))
        }
        let table = EvaluationTable(reports: reports, subject: subject)
        if options.json { Terminal.line(try table.json.encodedText()) } else { table.lines.forEach(Terminal.line) }
    }

    private func report(of id: String, _ pictures: LabelledPictures, _ settings: Settings) async throws -> Report {
        let worker = try VectorWorker(id, settings: settings)
        defer { worker.stop() }
        let model = try await worker.model()
        var views: [RetrievalEvaluation.View] = []
        var changed: [PictureChange: [RetrievalEvaluation.View?]] = [:]
        let count = pictures.views.count + pictures.shop.count
        var done = 0
        /// Nil for a file that is no picture: it is named, and the others are evaluated.
        func vectors(_ picture: LabelledPictures.Picture, _ changes: [PictureChange]) async throws
            -> VectorWorker.Vectors?
        {
            defer { done += 1 }
            show(model.id, done: done, of: count)
            do {
                return try await worker.vectors(of: picture.path, changes: changes)
            } catch let error as HearthError where error.code == .invalidImage {
                Terminal.note("\(picture.path) is left out: \(error.message)")
                return nil
            }
        }
        for picture in pictures.views {
            guard let found = try await vectors(picture, options.changes) else { continue }
            views.append(.init(owner: picture.owner, vector: found.picture))
            for change in options.changes {
                changed[change, default: []].append(
                    found.changes[change].map { .init(owner: picture.owner, vector: $0) })
            }
        }
        var shop: [RetrievalEvaluation.View] = []
        for picture in pictures.shop {
            guard let found = try await vectors(picture, []) else { continue }
            shop.append(.init(owner: picture.owner, vector: found.picture))
        }
        if !options.json { Terminal.overwrite("") }
        guard !views.isEmpty else {
            throw HearthError(.invalidImage, "None of the files in \(options.folder) is a picture that Hearth takes.")
        }
        func row(_ change: PictureChange?, _ queries: [RetrievalEvaluation.View?]?) -> Row {
            let result = RetrievalEvaluation().evaluate(
                views: views, queries: queries, shop: shop, match: model.match)
            return Row(change: change, result: result)
        }
        let rows = options.changes.map { row($0, changed[$0]) }.filter { $0.result.pictures > 0 }
        return Report(model: model, rows: [row(nil, nil)] + rows)
    }

    private func show(_ model: String, done: Int, of count: Int) {
        guard !options.json else { return }
        let bar = Terminal.bar(Double(done) / Double(max(count, 1)))
        Terminal.overwrite("\(model.padded(to: 28))\(bar) \(done) of \(count) pictures")
    }
}
