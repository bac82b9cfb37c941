import HearthCore
import HearthInference
import HearthJSON
import HearthJobs
import HearthVectors

import struct Foundation.Data

/// Input of `studio.outputs.compare`.
struct CompareOutput: Sendable, Codable, SchemaDescribed {
    var outputID: String

    static let fields = ["output_id": FieldNote("Identifier of an output.")]
}

extension Studio {
    static let comparison = QueuedOperation(
        .init(
            "studio.outputs.compare", "Measure how similar an output is to the character's picture.",
            description: """
                Lets the model of anchors look at the output, or at the small picture of a video, and at the first \
                picture of its recipe, and keeps the cosine of the two vectors with the model's name.
                """,
            permission: .admin, hints: .addsOnce),
        plan: JobPlan(lane: .embed, needs: [.defaultEmbedder], control: .write), input: CompareOutput.self,
        subject: \.outputID, identity: \.outputID)

    func comparisonOperation() -> Operation {
        Operation(
            Self.comparison, admit: { input, tenant in try await requireOutput(input.outputID, of: tenant) },
            run: compareOutput)
    }

    private func compareOutput(
        _ input: CompareOutput, _ lease: JobLease, _ progress: JobProgress
    ) async throws -> JobOutcome {
        let (table, outputTable, tenant) = (table, outputTable, lease.tenant)
        let output: Output
        do {
            output = try await store.read { db in try outputTable.output(input.outputID, of: tenant, in: db) }
        } catch let error as HearthError where error.code == .notFound {
            return JobOutcome(result: ["skipped": "The output was deleted."])
        }
        guard let reference = output.recipe.references.first(where: { $0.purpose == .character }),
            let file = output.file, let path = Self.comparedPath(of: file)
        else { return JobOutcome(result: ["skipped": "There is nothing to compare it with."]) }
        let anchor = try await store.read { db in
            try reference.anchorID.flatMap { try table.findAnchor($0, of: tenant, in: db) }
        }
        guard let anchor else { return JobOutcome(result: ["skipped": "The character's picture was deleted."]) }
        progress.report(ProgressReport(stage: "compare", overall: 0.2))
        let similarity = try await compare(
            try await blobs.read(path), with: try await blobs.read(anchor.path), anchor: anchor.anchorID,
            tenant: tenant,
            deadline: .now + Self.comparison.plan.timeout)
        let isKept = try await queue.write(under: lease) { db in
            try outputTable.setSimilarity(similarity, ofFile: file.fileID, in: db)
        }
        guard isKept else { return JobOutcome(result: ["skipped": "The output was deleted."]) }
        try await rewriteSidecars(of: output.outputID, tenant: tenant)
        return JobOutcome(result: [
            "output_id": .string(output.outputID), "similarity": .double(similarity.score),
            "model": .string(similarity.model),
        ])
    }

    /// The picture that a model looks at: the output itself, or what stands for a video or a file that is too large.
    private static func comparedPath(of file: OutputFile) -> String? {
        if file.mediaType.hasPrefix("image/"), file.bytes <= Limits.comparedBytes { return file.path }
        return file.thumbnailURL == nil ? nil : file.path + OutputFile.thumbnailSuffix
    }

    /// The cosine of two pictures by the model of anchors; it takes the passes that interactive calls leave.
    func compare(
        _ picture: Data, with anchor: Data, anchor anchorID: String?, tenant: Tenant,
        deadline: ContinuousClock.Instant
    ) async throws -> MeasuredSimilarity {
        let requests = [picture, anchor].map { bytes in
            InferenceRequest(.embed(.image(bytes)), priority: .background, tenant: tenant, deadline: deadline)
        }
        let results = try await engine.answer(requests).map { try EmbeddingResult(try $0.get()) }
        guard results.count == 2, results[0].vector.count == results[1].vector.count else {
            throw HearthError(.internalError, "The model gave other vectors than were asked for.")
        }
        return MeasuredSimilarity(
            score: Self.cosine(results[0].vector, results[1].vector), model: results[0].model.id,
            digest: results[0].model.digest, anchorID: anchorID)
    }

    private static func cosine(_ left: [Float], _ right: [Float]) -> Double {
        var (product, leftSum, rightSum) = (0.0, 0.0, 0.0)
        for (a, b) in zip(left, right) {
            product += Double(a) * Double(b)
            leftSum += Double(a) * Double(a)
            rightSum += Double(b) * Double(b)
        }
        guard leftSum > 0, rightSum > 0 else { return 0 }
        return min(max(product / (leftSum * rightSum).squareRoot(), -1), 1)
    }
}
