import HearthCore
import HearthJSON

import struct Foundation.Data

/// Reads a character's file from the files of the store, line by line, and believes nothing of it: every line is
/// checked against the same limits as a call, and pictures against their checksums and the decoder's rules.
struct CharacterFileReader {
    /// A line that has passed.
    enum Line: Sendable {
        case header(CharacterFile.Header)
        case version(CharacterFile.Version)
        case anchor(CharacterFile.Picture, InspectedImage)
        case end
    }

    /// Bytes of a version beside its content: what a file's limit counts, so that what is exported can be imported.
    static let versionOverhead = 2 << 10

    private let file: any BlobReader
    private let headerSchema: JSONSchema
    private let lineSchema: JSONSchema
    private var reader = LineReader(limit: Limits.characterLineBytes)
    private var offset = 0
    private var number = 0
    private var hasEnded = false
    private var bibleBytes = 0
    private var anchors = 0

    init(_ file: any BlobReader) throws {
        self.file = file
        headerSchema = try JSONSchema(CharacterFile.Header.self).closed
        lineSchema = try JSONSchema(CharacterFile.Line.self).closed
    }

    /// The next line; nil at the end of a whole file.
    /// - Throws: ``HearthError`` `invalid_request` that names the line.
    mutating func next() async throws -> Line? {
        guard let bytes = try await nextBytes() else {
            guard hasEnded else { throw refused("is cut off", hint: "Its last line is missing; export it again.") }
            return nil
        }
        guard !hasEnded else { throw refused("goes on behind its end") }
        number += 1
        if number == 1 { return .header(try header(bytes)) }
        let line = try value(CharacterFile.Line.self, of: bytes, by: lineSchema)
        switch (line.bibleVersion, line.anchor, line.end) {
        case (let version?, nil, nil):
            bibleBytes += bytes.count
            guard bibleBytes <= Limits.characterFileBibles else { throw refused("has too large a bible") }
            return .version(try checked(version))
        case (nil, let picture?, nil):
            anchors += 1
            guard anchors <= Limits.characterFileAnchors else {
                throw refused("has more than \(Limits.characterFileAnchors) pictures")
            }
            return try checked(picture)
        case (nil, nil, let end?):
            guard end.lines == number - 1 else { throw refused("lacks lines") }
            hasEnded = true
            return .end
        default:
            throw refused("has a line that is none of a version, a picture and the end")
        }
    }

    private mutating func nextBytes() async throws -> Data? {
        while true {
            if let line = reader.next() ?? (offset >= file.size ? reader.last() : nil) {
                guard let bytes = line.bytes else { throw refused("has a line that is too long") }
                // An empty line at the end is what editors add.
                if bytes.isEmpty, hasEnded { continue }
                return bytes
            }
            guard offset < file.size else { return nil }
            let end = min(offset + Limits.characterFileChunk, file.size)
            reader.append(try await file.read(offset..<end))
            offset = end
        }
    }

    // MARK: Checks

    private func header(_ bytes: Data) throws -> CharacterFile.Header {
        let header: CharacterFile.Header
        do {
            header = try value(CharacterFile.Header.self, of: bytes, by: headerSchema)
        } catch {
            throw HearthError(
                .invalidRequest, "This is no file of a character.",
                hint: "Send one that `hearth characters export` has written.", cause: error)
        }
        guard header.format == CharacterFile.format else { throw refused("is of another format") }
        guard header.formatVersion == CharacterFile.formatVersion else {
            throw refused(
                "has version \(header.formatVersion) of its format",
                hint: "This Hearth reads version \(CharacterFile.formatVersion).")
        }
        _ = try StudioName(header.character.name, field: "name")
        guard Identifier.isValid(header.character.characterID) else { throw refused("names its character wrongly") }
        let description = header.character.description
        guard description?.unicodeScalars.count ?? 0 <= Limits.descriptionLength else {
            throw refused("has too long a description")
        }
        try PlainText.check(description, field: "description")
        return header
    }

    private func checked(_ version: CharacterFile.Version) throws -> CharacterFile.Version {
        guard version.note?.unicodeScalars.count ?? 0 <= Limits.bibleNote, version.changedAt >= 0 else {
            throw refused("has a version with too long a note or without a time")
        }
        try PlainText.check(version.note, field: "note")
        var version = version
        version.bible = try Bible().changed(by: version.bible)
        return version
    }

    private func checked(_ picture: CharacterFile.Picture) throws -> Line {
        let bytes = try Base64.read(picture.picture, field: "picture")
        guard bytes.count <= Limits.bodyBytes else { throw refused("has a picture that is too large") }
        let image = try InspectedImage(bytes)
        guard image.sha256.hex == picture.sha256 else { throw refused("has a picture that is damaged") }
        var plain = picture
        // The inspected picture has the bytes.
        plain.picture = ""
        return .anchor(plain, image)
    }

    private func value<Value: Decodable>(
        _ type: Value.Type, of bytes: Data, by schema: JSONSchema
    ) throws -> Value {
        do {
            let value = try JSONParser.read(bytes)
            try schema.check(value)
            return try JSONValueDecoder.read(type, from: value)
        } catch {
            throw HearthError(
                error.code, "Line \(max(number, 1)) of the file: \(error.message)", hint: error.hint, cause: error)
        }
    }

    private func refused(_ problem: String, hint: String? = nil) -> HearthError {
        HearthError(.invalidRequest, "The file \(problem) (line \(max(number, 1))).", hint: hint)
    }
}

extension CharacterFile.Vector {
    /// The vector, when it can be one of a model.
    var vector: [Float]? {
        guard let bytes = try? Base64.read(values), (1...Limits.characterVectorDims).contains(model.dims),
            bytes.count == model.dims * MemoryLayout<Float>.size
        else { return nil }
        let vector = bytes.littleEndianFloats
        let square = vector.reduce(Float(0)) { $0 + $1 * $1 }
        // Vectors of pictures have length 1.
        return (0.98...1.02).contains(square) ? vector : nil
    }
}
