import HearthCore
import HearthJSON

import struct Foundation.Data

/// A picture or an output of a zip file as its rows will be here, after all that its recipe says was checked.
struct ImportedItem: Sendable {
    /// What it is.
    enum Content: Sendable {
        case anchor(AnchorSidecar, picture: Data)
        /// With its small picture, where that is what the recipe says.
        case output(OutputSidecar, thumbnail: Data?)
    }

    let content: Content
    /// Where its file will lie: made of identifiers, never of the names in the zip file.
    let path: String

    /// - Throws: ``HearthError`` `invalid_request`, or that the picture is none; what storage throws.
    init(_ item: ProjectZip.Item, of zip: ProjectZip, _ identifiers: ImportedIdentifiers, tenant: Tenant, now: Int64)
        async throws
    {
        let value = try await Self.sidecar(item, in: zip)
        if value["output_id"] != nil {
            let (sidecar, thumbnail) = try await Self.output(value, item, zip, identifiers, tenant, now: now)
            content = .output(sidecar, thumbnail: thumbnail)
            path = sidecar.file.path
        } else {
            guard item.file.length <= Limits.bodyBytes else { throw Self.refused("is too large for a picture") }
            let picture = try await zip.archive.bytes(of: item.file)
            var sidecar = try AnchorSidecar(value, file: item.file.name, picture: InspectedImage(picture))
            try Self.check([sidecar.anchor.createdAt], now: now)
            sidecar.anchor.move(to: identifiers, format: try ImageProbe.inspect(picture).format)
            content = .anchor(sidecar, picture: picture)
            path = sidecar.anchor.path
        }
    }

    private static func sidecar(_ item: ProjectZip.Item, in zip: ProjectZip) async throws -> JSONValue {
        guard item.sidecar.length <= Limits.projectRecipeBytes else { throw refused("has too large a recipe") }
        return try await parsed { try JSONParser.parse(try await zip.archive.bytes(of: item.sidecar)) }
    }

    /// What the reader of JSON throws is the file's fault.
    private static func parsed<Output>(_ body: () async throws -> Output) async throws -> Output {
        do {
            return try await body()
        } catch let error as JSONError {
            throw HearthError(.invalidRequest, "The recipe cannot be read: \(error.message)", hint: error.hint)
        }
    }

    private static func output(
        _ value: JSONValue, _ item: ProjectZip.Item, _ zip: ProjectZip, _ identifiers: ImportedIdentifiers,
        _ tenant: Tenant, now: Int64
    ) async throws -> (OutputSidecar, Data?) {
        var sidecar = try await parsed { try JSONValueDecoder.read(OutputSidecar.self, from: value) }
        guard sidecar.version <= OutputSidecar.newestVersion, sidecar.file.path == item.file.name,
            sidecar.projectID == zip.projectID, sidecar.file.bytes == item.file.length
        else { throw refused("is not what its recipe says") }
        try sidecar.check()
        try check([sidecar.createdAt, sidecar.finishedAt], now: now)
        for text in [sidecar.recipe.prompt, sidecar.recipe.positive, sidecar.recipe.negative] {
            _ = try GenerationPlan.text(text, field: "prompt", mayBeEmpty: true)
        }
        guard MediaSignature.formats.contains(sidecar.format),
            (1...100_000).contains(sidecar.file.width), (1...100_000).contains(sidecar.file.height)
        else { throw refused("is of an unknown format") }
        let thumbnail = try await thumbnail(sidecar, item, zip)
        if thumbnail == nil { (sidecar.thumbnailSHA256, sidecar.thumbnailBytes) = (nil, nil) }
        sidecar.move(to: identifiers, tenant: tenant)
        return (sidecar, thumbnail)
    }

    /// Nil when there is none, or another one than the recipe says: it is only a convenience.
    private static func thumbnail(
        _ sidecar: OutputSidecar, _ item: ProjectZip.Item, _ zip: ProjectZip
    ) async throws -> Data? {
        guard let entry = item.thumbnail, entry.length == sidecar.thumbnailBytes,
            entry.length <= Limits.projectThumbnailBytes
        else { return nil }
        let bytes = try await zip.archive.bytes(of: entry)
        return Digest256(of: bytes).hex == sidecar.thumbnailSHA256 && bytes.starts(with: [0xFF, 0xD8]) ? bytes : nil
    }

    /// A day ahead may be another time zone's clock.
    private static func check(_ times: [Int64], now: Int64) throws(HearthError) {
        guard times.allSatisfy({ (0...now + 86_400_000).contains($0) }) else { throw refused("is of the future") }
    }

    private static func refused(_ problem: String) -> HearthError {
        HearthError(.invalidRequest, "The file \(problem).")
    }
}

extension Anchor {
    /// The same picture under the identifiers that it has here.
    fileprivate mutating func move(to identifiers: ImportedIdentifiers, format: ImageFormat) {
        (anchorID, characterID) = (identifiers.here(anchorID), identifiers.here(characterID))
        projectID = identifiers.here(projectID)
        url = StoredFile.url(of: anchorID)
        path = Self.path(
            project: projectID, character: characterID, anchor: anchorID, fileExtension: format.fileExtension,
            now: createdAt, mark: "-\(identifiers.mark)")
    }
}

extension OutputSidecar {
    /// The same output under the identifiers that it has here, and a tenant's own.
    fileprivate mutating func move(to identifiers: ImportedIdentifiers, tenant: Tenant) {
        self.tenant = tenant.rawValue
        (outputID, projectID) = (identifiers.here(outputID), identifiers.here(projectID))
        (characterID, jobID) = (characterID.map(identifiers.here), identifiers.here(jobID))
        for place in recipe.references.indices {
            recipe.references[place].anchorID = recipe.references[place].anchorID.map(identifiers.here)
            recipe.references[place].characterID = recipe.references[place].characterID.map(identifiers.here)
        }
        file.fileID = identifiers.here(file.fileID)
        let anchorID = file.similarity?.anchorID
        file.similarity?.anchorID = anchorID.map(identifiers.here)
        file.path = OutputPath(imported: self, mark: identifiers.mark).path(format: format)
        file.url = StoredFile.url(of: file.fileID)
        file.thumbnailURL = thumbnailSHA256 == nil ? nil : OutputFile.thumbnailURL(of: file.fileID)
        file.mediaType = OutputFile.mediaType(of: format)
    }
}

/// The first bytes of the formats that outputs have.
enum MediaSignature {
    /// As generators name them.
    static let formats: Set<String> = ["png", "jpg", "jpeg", "gif", "webp", "mp4", "webm"]

    /// Whether a file can be what its format says.
    /// - Parameter head: its first 12 bytes; fewer of a shorter file.
    static func fits(_ head: Data, format: String) -> Bool {
        let head = Data(head.prefix(12))
        switch format {
        case "png": return head.starts(with: [0x89, 0x50, 0x4E, 0x47])
        case "jpg", "jpeg": return head.starts(with: [0xFF, 0xD8])
        case "gif": return head.starts(with: Data("GIF8".utf8))
        case "webp": return head.starts(with: Data("RIFF".utf8)) && head.dropFirst(8).elementsEqual("WEBP".utf8)
        case "mp4": return head.dropFirst(4).prefix(4).elementsEqual("ftyp".utf8)
        case "webm": return head.starts(with: [0x1A, 0x45, 0xDF, 0xA3])
        default: return false
        }
    }
}
