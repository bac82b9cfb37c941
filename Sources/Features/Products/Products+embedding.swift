import HearthCore
import HearthInference
import HearthJSON
import HearthJobs
import HearthVectorStore
import HearthVectors

import struct Foundation.Data

/// Input of `products.embed`.
struct EmbedProduct: Sendable, Codable, SchemaDescribed {
    var productID: String

    static let fields = ["product_id": FieldNote("Identifier of a product.")]
}

extension Products {
    static let embedding = QueuedOperation(
        .init(
            "products.embed", "Give a product its vectors.",
            description: """
                Reads the product's pictures and text, embeds them, and commits the vectors together with the end of \
                the job. One job for each product is unfinished at most.
                """,
            permission: .admin, hints: .addsOnce),
        plan: JobPlan(lane: .embed, needs: [.defaultEmbedder], control: .write), input: EmbedProduct.self,
        subject: \.productID, identity: \.productID)

    /// The job that gives a product its vectors.
    func embedding(of product: String, tenant: Tenant) throws -> JobRequest {
        try Self.embedding.request(EmbedProduct(productID: product), tenant: tenant)
    }

    func embeddingOperation() -> Operation {
        Operation(
            Self.embedding,
            admit: { input, tenant in
                let table = table
                let subject = try await store.read { db in try table.subject(input.productID, of: tenant, in: db) }
                guard subject != nil else { throw ProductTable.missing("product") }
            }
        ) { input, lease, progress in
            let (table, queue, tenant) = (table, queue, lease.tenant)
            let subject = try await store.read { db in try table.subject(input.productID, of: tenant, in: db) }
            guard let subject else { return JobOutcome(result: ["skipped": "There is no such product."]) }
            let models = try await adoptModels(of: tenant, under: lease)
            progress.report(ProgressReport(stage: "embed", overall: 0.2, message: "Looking at the product."))
            let embedded = try await metrics.time(.productEmbed) {
                try await embed([subject], by: models, tenant: tenant, timeout: Self.embedding.plan.timeout)
            }
            return JobOutcome(result: ["product_id": .string(subject.productID)]) { db in
                for product in embedded where try !record(product, by: models, tenant: tenant, in: db) {
                    // It has changed while it was looked at: once more.
                    guard try table.exists(product.subject.productID, in: db) else { continue }
                    try queue.enqueue(embedding(of: product.subject.productID, tenant: tenant), in: db)
                }
            }
        }
    }

    /// A product's vectors before they are rows.
    struct Embedded: Sendable {
        let subject: ProductTable.Subject
        let vectors: [Vector]
        /// Why a part of it has none and will have none.
        let failure: String?

        /// One vector: of a picture or of the text.
        struct Vector: Sendable {
            let part: ProductPart
            let item: String
            let result: EmbeddingResult
        }
    }

    /// A picture or text of one of several products.
    private struct Piece: Sendable {
        let product: Int
        let part: ProductPart
        let item: String
        var image: ProductImage?
        var text: String?
    }

    /// Looks at pictures and texts, many at once; writes nothing.
    ///
    /// A picture that can never be embedded, or whose file cannot be read, becomes its product's failure and stops
    /// nothing else.
    /// - Throws: what may be over the next time, such as a model that is not ready.
    func embed(
        _ subjects: [ProductTable.Subject], by models: ProductModels, tenant: Tenant, timeout: Duration
    ) async throws -> [Embedded] {
        var pieces: [Piece] = []
        for (place, subject) in subjects.enumerated() {
            if models.image != nil {
                pieces += subject.images.map { Piece(product: place, part: .image, item: $0.imageID, image: $0) }
            }
            if models.text != nil, let text = subject.text {
                pieces.append(Piece(product: place, part: .text, item: subject.productID, text: text))
            }
        }
        var vectors = [[Embedded.Vector]](repeating: [], count: subjects.count)
        var failures = [String?](repeating: nil, count: subjects.count)
        for chunk in Self.chunks(pieces) {
            for (piece, result) in zip(chunk, try await embed(chunk, by: models, tenant: tenant, timeout: timeout)) {
                switch result {
                case .success(let result):
                    guard result.model.digest == models[piece.part]?.digest else {
                        throw HearthError(.modelNotReady, "The model has changed meanwhile.", retryAfter: 1)
                    }
                    vectors[piece.product].append(
                        Embedded.Vector(part: piece.part, item: piece.item, result: result))
                case .failure(let error):
                    guard JobFailure(error).kind == .permanent || error.code == .fileUnreadable else { throw error }
                    failures[piece.product] = error.message
                }
            }
        }
        return subjects.indices.map {
            Embedded(subject: subjects[$0], vectors: vectors[$0], failure: failures[$0])
        }
    }

    /// As many at once as memory may hold: whole batches for the model, and never all products.
    private static func chunks(_ pieces: [Piece]) -> [[Piece]] {
        var chunks: [[Piece]] = []
        var bytes = 0
        for piece in pieces {
            let size = piece.image?.bytes ?? 0
            if var last = chunks.last, last.count < Limits.backfillChunk, bytes + size <= Limits.backfillChunkBytes {
                last.append(piece)
                chunks[chunks.count - 1] = last
                bytes += size
            } else {
                chunks.append([piece])
                bytes = size
            }
        }
        return chunks
    }

    private func embed(
        _ chunk: [Piece], by models: ProductModels, tenant: Tenant, timeout: Duration
    ) async throws -> [Result<EmbeddingResult, HearthError>] {
        let blobs = blobs
        let inputs = try await concurrentMap(chunk) { piece -> Result<EmbeddingInput, HearthError> in
            guard let image = piece.image else { return .success(.text(piece.text ?? "", role: .document)) }
            do {
                return .success(.image(try await blobs.read(image.path)))
            } catch let error as HearthError {
                // Deleted meanwhile: then its product has another revision, or is gone.
                return .failure(error)
            }
        }
        let requests = zip(chunk, inputs).compactMap { piece, input in
            (try? input.get()).map {
                InferenceRequest(
                    .embed($0), of: models[piece.part]?.id, priority: .background, tenant: tenant,
                    deadline: .now + timeout)
            }
        }
        var answers = try await engine.answer(requests).makeIterator()
        return inputs.map { input in
            switch input {
            case .failure(let error): .failure(error)
            case .success:
                (answers.next() ?? .failure(HearthError(.internalError, "The model gave too few answers.")))
                    .flatMap { answer in Result { () throws(HearthError) in try EmbeddingResult(answer) } }
            }
        }
    }

    /// Makes the rows of vectors in the caller's transaction.
    /// - Returns: false when the product has changed or gone, or other models are to be used meanwhile: nothing was
    ///   written then.
    func record(
        _ product: Embedded, by models: ProductModels, tenant: Tenant, in db: any SQLConnection
    ) throws -> Bool {
        let subject = product.subject
        // By models that were replaced meanwhile: their work counts no more.
        if let target = try table.models(of: tenant, in: db)?.target, target.key != models.key { return false }
        guard try table.markEmbedded(subject, key: models.key, failure: product.failure, in: db) else { return false }
        let attributes = try table.filteredAttributes(of: subject.productID, in: db)
        if subject.text == nil { try vectors.remove(items: [subject.productID], in: db) }
        for vector in product.vectors {
            try vectors.upsert(
                item: vector.item, owner: subject.productID, vector: vector.result.vector,
                space: VectorSpace(tenant: tenant, scope: vector.part.scope, model: vector.result.model),
                precision: vector.result.model.precision,
                attributes: attributes, in: db, now: clock.now())
        }
        return true
    }
}
