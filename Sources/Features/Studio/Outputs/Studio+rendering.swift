import HearthCore
import HearthInference
import HearthJSON
import HearthJobs
import Logging

import struct Foundation.Data
import struct Foundation.FileAttributeKey
import class Foundation.FileHandle
import class Foundation.FileManager
import struct Foundation.URL

/// Input of `studio.outputs.render.…`.
struct RenderOutput: Sendable, Codable, SchemaDescribed {
    var outputID: String

    static let fields = ["output_id": FieldNote("Identifier of an output.")]
}

extension Studio {
    /// The kind of the jobs of a generator.
    package static func renderName(of generator: String) -> String { "studio.outputs.render.\(generator)" }

    /// The jobs of a generator: an operation of its own, because needs, lane and time are those of the generator.
    static func rendering(_ generator: GeneratorDescription) -> QueuedOperation<RenderOutput> {
        QueuedOperation(
            .init(
                renderName(of: generator.id), "Make an output by the generator `\(generator.id)`.",
                description: """
                    Reads the recipe of the output, makes it, and commits its files together with the end of the job. \
                    \(generator.summary) One job for each output is unfinished at most.
                    """,
                permission: .admin, hints: .addsOnce),
            plan: JobPlan(
                lane: generator.lane, maximumAttempts: 3, timeout: generator.timeout * Limits.outputTries,
                needs: generator.needs, control: .write, goesBackAtStop: true),
            input: RenderOutput.self, subject: \.outputID, identity: \.outputID)
    }

    func renderingOperations() -> [Operation] {
        generation.descriptions.map { description in
            Operation(
                Self.rendering(description),
                admit: { input, tenant in try await requireOutput(input.outputID, of: tenant) }
            ) { input, lease, progress in
                guard let generator = generation.generators.first(where: { $0.description.id == description.id }) else {
                    throw HearthError(.invalidConfiguration, "This worker has no generator `\(description.id)`.")
                }
                return try await render(input, with: generator, lease, progress)
            }
        }
    }

    /// - Throws: ``HearthError`` `not_found` for an output that the tenant does not have.
    func requireOutput(_ id: String, of tenant: Tenant) async throws {
        let outputTable = outputTable
        _ = try await store.read { db in try outputTable.output(id, of: tenant, in: db) }
    }

    /// What a worker knows of an output before it makes it.
    private struct Request: Sendable {
        let output: Output
        let references: [Data]
        let wantsPreviews: Bool
    }

    private func render(
        _ input: RenderOutput, with generator: any Generator, _ lease: JobLease, _ progress: JobProgress
    ) async throws -> JobOutcome {
        let request: Request
        do {
            request = try await requested(input.outputID, of: lease.tenant)
        } catch let error as HearthError where error.code == .notFound {
            // Deleted before its turn came: there is nothing left to do, and nothing has failed.
            return JobOutcome(result: ["skipped": "The output was deleted."])
        }
        var tries: [Try] = []
        do {
            tries = try await generation.programs.withFolder { folder in
                try await makeTries(request, with: generator, in: folder, lease, progress)
            }
            return try await outcome(of: request.output, tries, lease)
        } catch {
            await removeUnnamed(tries.flatMap(\.paths))
            throw error
        }
    }

    private func requested(_ id: String, of tenant: Tenant) async throws -> Request {
        let (table, outputTable) = (table, outputTable)
        let (output, wantsPreviews) = try await store.read { db in
            (try outputTable.output(id, of: tenant, in: db), try outputTable.wantsPreviews(id, in: db))
        }
        var references: [Data] = []
        for reference in output.recipe.references {
            guard reference.anchorID != nil else {
                references.append(
                    try await RequestPictures.bytes(of: reference, tenant: tenant, store: store, blobs: blobs))
                continue
            }
            let anchor = try await store.read { db in
                try reference.anchorID.flatMap { try table.findAnchor($0, of: tenant, in: db) }
            }
            guard let anchor else {
                throw HearthError(
                    .unprocessable, "A picture that the output refers to was deleted.", hint: "Ask for a new output.")
            }
            let bytes = try await blobs.read(anchor.path)
            guard Digest256(of: bytes).hex == reference.sha256 else {
                throw HearthError(.fileUnreadable, "A picture that the output refers to is not what it was.")
            }
            references.append(bytes)
        }
        return Request(output: output, references: references, wantsPreviews: wantsPreviews)
    }

    // MARK: Tries

    /// One try as it lies in the files of the store.
    struct Try: Sendable {
        let file: OutputTable.NewFile
        let reference: AppliedReference
        let details: JSONObject

        /// Of the file and of what lies beside it.
        var paths: [String] {
            [file.path, file.path + OutputFile.thumbnailSuffix, file.path + OutputFile.recipeSuffix]
        }
    }

    /// Makes the output until it is similar enough, as often as the caller allows.
    private func makeTries(
        _ request: Request, with generator: any Generator, in folder: String, _ lease: JobLease, _ progress: JobProgress
    ) async throws -> [Try] {
        var tries: [Try] = []
        do {
            try await makeTries(request, with: generator, in: folder, lease, progress, into: &tries)
            return tries
        } catch {
            await removeUnnamed(tries.flatMap(\.paths))
            throw error
        }
    }

    private func makeTries(
        _ request: Request, with generator: any Generator, in folder: String, _ lease: JobLease,
        _ progress: JobProgress, into tries: inout [Try]
    ) async throws {
        let output = request.output
        let (previews, remaining) = (PreviewThinning(), Locked(RemainingTime()))
        for number in 1...max(output.maximumTries, 1) {
            var recipe = output.recipe
            recipe.seed = GenerationPlan.seed(recipe.seed, number - 1)
            let own = "\(folder)/\(number)"
            try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: false)
            let share = 1 / Double(max(output.maximumTries, 1))
            let work = GenerationWork(
                recipe: recipe, references: request.references, folder: own,
                workID: Self.workID(job: lease.jobID, number: number), tenant: lease.tenant,
                wantsPreviews: request.wantsPreviews
            ) { report in
                let overall = (Double(number - 1) + report.overall) * share
                let eta = remaining.withLock {
                    $0.left(stage: "\(number) \(report.stage)", overall: overall, now: .now)
                }
                progress.report(
                    ProgressReport(report, preview: previews.kept(report.preview), overall: overall, eta: eta))
            }
            let made = try await withStill(of: Self.make(work, with: generator), in: own)
            let similarity =
                output.minimumSimilarity == nil
                ? nil : try await similarity(of: made, to: output, references: request.references, lease)
            tries.append(
                try await keep(
                    made, of: output, number: number, seed: recipe.seed, similarity: similarity, lease, in: own))
            guard let similarity, let least = output.minimumSimilarity, similarity.score < least else { return }
        }
    }

    /// One try. Its time counts as an attempt: the same again may take as long.
    private static func make(_ work: GenerationWork, with generator: any Generator) async throws -> GeneratedFile {
        do {
            return try await withDeadline(.now + generator.description.timeout, "The output") {
                try await generator.generate(work)
            }
        } catch let error as HearthError where error.code == .deadlineExceeded {
            throw JobFailure(kind: .transient, code: error.code.rawValue, message: error.message)
        }
    }

    /// What another server knows a try by: the same for each attempt at it, and for no other one.
    static func workID(job: String, number: Int) -> String {
        number > 1 ? Identifier.derived(from: "\(job)/\(number)") : job.lowercased()
    }

    // MARK: Files

    /// Moves a finished file into the store, with its small picture beside it.
    private func keep(
        _ made: GeneratedFile, of output: Output, number: Int, seed: Int64, similarity: MeasuredSimilarity?,
        _ lease: JobLease, in folder: String
    ) async throws -> Try {
        guard made.path.hasPrefix("\(folder)/"), !made.path.contains("/../"),
            let size = try? FileManager.default.attributesOfItem(atPath: made.path)[.size] as? Int
        else { throw HearthError(.internalError, "The generator has left no file in its folder.") }
        guard size > 0, size <= Limits.outputBytes else {
            throw HearthError(
                .unprocessable, "The generator has made a file of \(size) bytes.",
                hint: "At most \(Limits.outputBytes >> 20) MB.")
        }
        let thumbnail = try await thumbnail(of: made, bytes: size)
        let path = OutputPath(output, attempt: lease.id.number, number: number).path(format: made.format)
        let hash = try await Self.hash(of: made.path)
        try await store(made.path, as: path, with: thumbnail)
        return Try(
            file: OutputTable.NewFile(
                id: Identifier.make(), number: number, path: path, format: made.format, sha256: hash, bytes: size,
                width: made.width, height: made.height, seconds: made.seconds, seed: seed,
                thumbnail: thumbnail.map { (Digest256(of: $0).hex, $0.count) }, similarity: similarity),
            reference: made.reference, details: made.details)
    }

    /// Moves a finished file to its place in the store; nothing stays there, nor on the way, when it fails.
    private func store(_ made: String, as path: String, with thumbnail: Data?) async throws {
        let staged = try await blobs.stage((path.split(separator: "/").last).map(String.init) ?? "output")
        do {
            do {
                try FileManager.default.moveItem(atPath: made, toPath: staged)
            } catch {
                throw HearthError(.storageUnavailable, "A finished file cannot be moved.", cause: error)
            }
            try await blobs.adopt(staged, as: path)
            if let thumbnail { try await blobs.write(thumbnail, to: path + OutputFile.thumbnailSuffix) }
        } catch {
            await removeUnnamed(
                [path, path + OutputFile.thumbnailSuffix],
                staged: staged.split(separator: "/").last.map { [String($0)] } ?? [])
            throw error
        }
    }

    /// Removes what an attempt has written and no row names. Awaited in a task of its own, because the attempt may be
    /// cancelled; what cannot be removed now is left to the sweeper.
    func removeUnnamed(_ paths: [String], staged: [String] = []) async {
        guard !paths.isEmpty else { return }
        await Task {
            do {
                try await blobs.removeStaged(staged)
                let named = try await store.read { db in try self.named(paths, in: db) }
                try await blobs.remove(paths.filter { !named.contains($0) })
            } catch {
                logger.notice(
                    "Files of an attempt that failed are left to the sweeper", metadata: ["error": "\(error)"])
            }
        }.value
    }

    /// A small JPEG; nil when the output cannot be shown small, such as a video without a still.
    private func thumbnail(of made: GeneratedFile, bytes: Int) async throws -> Data? {
        guard let painter = generation.painter, let path = Self.picture(of: made),
            bytes <= Limits.comparedBytes || made.still != nil
        else {
            return nil
        }
        return try? painter.thumbnail(
            of: try Data(contentsOf: URL(fileURLWithPath: path)), side: Limits.thumbnailSide)
    }

    /// The file that shows what an output looks like.
    private static func picture(of made: GeneratedFile) -> String? {
        made.still ?? (OutputFile.mediaType(of: made.format).hasPrefix("image/") ? made.path : nil)
    }

    /// SHA-256 of a file, read in pieces.
    private static func hash(of path: String) async throws -> String {
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? file.close() }
            var hash = Digest256.Hasher()
            while let piece = try file.read(upToCount: 1 << 20), !piece.isEmpty {
                try Task.checkCancellation()
                hash.update(piece)
            }
            return hash.finished.hex
        } catch let error as CancellationError {
            throw error
        } catch {
            throw HearthError(.storageUnavailable, "A finished file cannot be read.", cause: error)
        }
    }

    /// Measured while the output is made, where the caller wants it to reach something; nil without a character.
    private func similarity(
        of made: GeneratedFile, to output: Output, references: [Data], _ lease: JobLease
    ) async throws -> MeasuredSimilarity? {
        guard let index = output.recipe.references.firstIndex(where: { $0.purpose == .character }),
            let path = Self.picture(of: made)
        else { return nil }
        return try await compare(
            try Data(contentsOf: URL(fileURLWithPath: path)), with: references[index],
            anchor: output.recipe.references[index].anchorID, tenant: lease.tenant,
            deadline: .now + Limits.inferenceDeadline)
    }

    // MARK: End

    /// Writes the recipes beside the files, and with the end of the job the rows that name them.
    private func outcome(of output: Output, _ tries: [Try], _ lease: JobLease) async throws -> JobOutcome {
        guard let best = tries.max(by: { ($0.file.similarity?.score ?? -2) < ($1.file.similarity?.score ?? -2) }) else {
            throw HearthError(.internalError, "The generator has made nothing.")
        }
        let made = OutputTable.Made(
            files: tries.map(\.file), chosen: best.file.number, reference: best.reference, details: best.details)
        for one in tries {
            try await writeSidecar(of: output, one, isChosen: one.file.number == made.chosen, tenant: lease.tenant)
        }
        let (outputTable, queue, now, tenant) = (outputTable, queue, clock.now(), lease.tenant)
        let isCompared = output.minimumSimilarity != nil || output.recipe.references.isEmpty
        let comparison = try Self.comparison.request(CompareOutput(outputID: output.outputID), tenant: tenant)
        let introduction =
            output.lacksCharacter
            ? try Self.introduction.request(IntroduceOutput(outputID: output.outputID), tenant: tenant, priority: 1)
            : nil
        return JobOutcome(result: [
            "output_id": .string(output.outputID), "file_id": .string(best.file.id),
            "path": .string(best.file.path), "url": .string(StoredFile.url(of: output.outputID)),
            "tries": .int(Int64(tries.count)),
        ]) { db in
            guard try outputTable.finish(output.outputID, with: made, in: db, now: now) else { return }
            if !isCompared { try queue.enqueue(comparison, in: db) }
            if let introduction { try queue.enqueue(introduction, in: db) }
        } ended: { _ in
            // The job was cancelled or the output was deleted at the last moment: then no row names the files.
            await removeUnnamed(tries.flatMap(\.paths))
        }
    }
}

extension ProgressReport {
    /// The progress of one try.
    /// - Parameter overall: over all tries that there may be.
    fileprivate init(_ progress: GenerationProgress, preview: String?, overall: Double, eta: Double?) {
        self.init(
            stage: progress.stage.rawValue, overall: overall, current: progress.current, step: progress.step,
            steps: progress.steps, eta: eta, message: progress.message, preview: preview)
    }
}
