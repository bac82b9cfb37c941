import HearthCore
import HearthJSON

/// What lies beside a file of an output, for people and for a new index: all that its row says.
struct OutputSidecar: Sendable, Codable {
    /// Of this form.
    var version: Int
    var outputID: String
    var tenant: String?
    var projectID: String
    var projectName: String
    var characterID: String?
    var characterName: String?
    var number: Int
    var jobID: String
    /// The version of Hearth that has made it.
    var madeBy: String
    var recipe: Recipe
    var reference: AppliedReference
    var details: JSONValue?
    var minimumSimilarity: Double?
    var maximumTries: Int
    /// Whether it is the try that the output is.
    var isChosen: Bool
    var file: OutputFile
    /// As generators name it: `png`.
    var format: String
    /// Of the small picture beside the file; nil when there is none.
    var thumbnailSHA256: String?
    var thumbnailBytes: Int?
    /// When the output was asked for, and when the file was there; milliseconds since 1970.
    var createdAt: Int64
    var finishedAt: Int64

    static let newestVersion = 1
}

extension Studio {
    /// Writes a sidecar; it is never left without its file for longer than the sweeper takes.
    func writeSidecar(of output: Output, _ one: Try, isChosen: Bool, tenant: Tenant) async throws {
        let sidecar = try await sidecar(
            of: output, OutputFile(one.file), thumbnail: one.file.thumbnail, one.reference, one.details,
            isChosen: isChosen, tenant: tenant)
        try await blobs.write(
            try JSONValueEncoder.encode(sidecar).encoded(), to: one.file.path + OutputFile.recipeSuffix)
    }

    /// Writes the sidecars of an output again, as its rows are now.
    func rewriteSidecars(of id: String, tenant: Tenant) async throws {
        let outputTable = outputTable
        let (output, files) = try await store.read { db in
            (try outputTable.output(id, of: tenant, in: db), try outputTable.files(of: id, in: db))
        }
        guard let reference = output.reference else { return }
        for row in files {
            let file = row.file
            let sidecar = try await sidecar(
                of: output, file, thumbnail: row.thumbnail, reference, output.details?.objectValue ?? [:],
                isChosen: file.number == output.file?.number, tenant: tenant)
            let path = file.path + OutputFile.recipeSuffix
            try await blobs.write(try JSONValueEncoder.encode(sidecar).encoded(), to: path)
            // The output may have been deleted since: its sidecar must not outlive it.
            let isKnown = try await store.read { db in try !outputTable.named([path], in: db).isEmpty }
            if !isKnown { try await blobs.remove(path) }
        }
    }

    private func sidecar(
        of output: Output, _ file: OutputFile, thumbnail: (sha256: String, bytes: Int)?, _ reference: AppliedReference,
        _ details: JSONObject, isChosen: Bool, tenant: Tenant
    ) async throws -> OutputSidecar {
        let (table, now) = (table, clock.now())
        let names = try await store.read { db in
            try output.characterID.map { try table.names(ofCharacters: [$0], in: db)[$0]?.name } ?? nil
        }
        return OutputSidecar(
            version: OutputSidecar.newestVersion, outputID: output.outputID, tenant: tenant.rawValue,
            projectID: output.projectID, projectName: output.recipe.shot?.project ?? "",
            characterID: output.characterID, characterName: names,
            number: output.number, jobID: output.jobID, madeBy: "Hearth \(Hearth.version)", recipe: output.recipe,
            reference: reference, details: details.members.isEmpty ? nil : .object(details),
            minimumSimilarity: output.minimumSimilarity, maximumTries: output.maximumTries, isChosen: isChosen,
            file: file, format: String(file.path.split(separator: ".").last ?? ""), thumbnailSHA256: thumbnail?.sha256,
            thumbnailBytes: thumbnail?.bytes, createdAt: output.createdAt, finishedAt: output.finishedAt ?? now)
    }
}

extension OutputFile {
    init(_ new: OutputTable.NewFile) {
        self.init(
            fileID: new.id, number: new.number, path: new.path, url: StoredFile.url(of: new.id),
            thumbnailURL: new.thumbnail == nil ? nil : Self.thumbnailURL(of: new.id),
            mediaType: Self.mediaType(of: new.format), sha256: new.sha256, bytes: new.bytes, width: new.width,
            height: new.height, seconds: new.seconds, seed: new.seed, similarity: new.similarity)
    }
}

extension StudioName {
    /// Names that a sidecar says; one that it does not say is made up.
    /// - Throws: ``HearthError`` `invalid_request`.
    static func check(_ names: [String]) throws {
        for name in names where !name.isEmpty { _ = try StudioName(name, field: "name") }
    }
}

extension OutputSidecar {
    /// Whatever lies in the folder is read, also what others have written.
    /// - Throws: ``HearthError`` `invalid_request`.
    func check() throws {
        let identifiers = [outputID, file.fileID, projectID, jobID] + [characterID].compactMap { $0 }
        guard identifiers.allSatisfy(Identifier.isValid), (1...Self.largestNumber).contains(number),
            (1...Limits.outputTries).contains(file.number), (1...Limits.outputTries).contains(maximumTries)
        else { throw HearthError(.invalidRequest, "The sidecar has an identifier or a number that cannot be.") }
        try StudioName.check([projectName, characterName ?? ""])
    }

    /// Outputs of a project.
    private static let largestNumber = 1_000_000_000
}
