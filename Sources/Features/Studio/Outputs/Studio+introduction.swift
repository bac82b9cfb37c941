import Foundation
import HearthCore
import HearthJSON
import HearthJobs

/// Input of `studio.outputs.introduce`.
struct IntroduceOutput: Sendable, Codable, SchemaDescribed {
    var outputID: String

    static let fields = ["output_id": FieldNote("Identifier of an output.")]
}

extension Output {
    /// Whether it is a video of which no caller has said who is to be seen.
    var lacksCharacter: Bool {
        kind == .video && characterID == nil && !recipe.references.contains { $0.purpose == .character }
    }
}

/// Videos without a character introduce one: it is provisional until a person has said who it is.
extension Studio {
    static let introduction = QueuedOperation(
        .init(
            "studio.outputs.introduce", "Make a provisional character of a video that has none.",
            description: """
                Takes the frame that stands best for the video, cuts out the square part that draws the eye, and \
                registers it as the picture of a provisional character. There is one of an output, however often \
                this runs.
                """,
            permission: .admin, hints: .addsOnce),
        plan: JobPlan(
            lane: .render, maximumAttempts: 3, timeout: .seconds(120), needs: [.program("ffmpeg")], control: .write),
        input: IntroduceOutput.self, subject: \.outputID, identity: \.outputID)

    func introductionOperation() -> HearthCore.Operation {
        HearthCore.Operation(
            Self.introduction, admit: { input, tenant in try await requireOutput(input.outputID, of: tenant) },
            run: introduce)
    }

    private func introduce(
        _ input: IntroduceOutput, _ lease: JobLease, _ progress: JobProgress
    ) async throws -> JobOutcome {
        let (outputTable, tenant) = (outputTable, lease.tenant)
        let output: Output
        do {
            output = try await store.read { db in try outputTable.output(input.outputID, of: tenant, in: db) }
        } catch let error as HearthError where error.code == .notFound {
            return JobOutcome(result: ["skipped": "The output was deleted."])
        }
        guard output.lacksCharacter, let file = output.file, file.bytes <= Limits.comparedBytes else {
            return JobOutcome(result: ["skipped": "There is no frame to be had."])
        }
        progress.report(ProgressReport(stage: "frame", overall: 0.1))
        let frame = try await frame(of: file)
        progress.report(ProgressReport(stage: "register", overall: 0.7))
        let picture = try generation.painter?.subject(of: frame) ?? frame
        let made = try await makeProvisionalCharacter(
            of: InspectedImage(picture), output: output.outputID, project: output.projectID, tenant: tenant)
        return JobOutcome(result: [
            "output_id": .string(output.outputID), "character_id": .string(made.characterID),
            "handle": .string(made.handle), "anchor_id": .string(made.anchorID),
        ])
    }

    /// The frame that stands best for a video; of a file that is a picture, the file.
    private func frame(of file: OutputFile) async throws -> Data {
        let bytes = try await blobs.read(file.path)
        guard !file.mediaType.hasPrefix("image/") else { return bytes }
        return try await generation.programs.withFolder { folder in
            try bytes.write(to: URL(fileURLWithPath: "\(folder)/video"))
            return try Data(contentsOf: URL(fileURLWithPath: try await still(of: "video", in: folder)))
        }
    }
}
