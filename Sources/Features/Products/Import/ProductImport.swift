import HearthCore
import HearthJSON

import struct Foundation.Data

/// Many products in one file, as far as they have been read.
struct ProductImport: Sendable, Codable, SchemaDescribed {
    var importID: String
    var format: ImportFormat?
    var template: String?
    var sourceType: String?
    var state: State
    /// Bytes that have arrived.
    var bytes: Int
    /// How many of them, or of the rows of an archive, are done.
    var position: Int
    /// The line or row that comes next, less one.
    var line: Int
    var accepted: Int
    var refused: Int
    /// Why the whole of it cannot be used.
    var failure: String?
    var jobID: String?
    var websocketURL: String?
    /// The first of them; only where one import is shown.
    var errors: [Problem]?
    /// Products of the tenant that have no vectors yet; only where one import is shown.
    var pending: Int?
    var createdAt: Int64
    var updatedAt: Int64

    /// Where an import is.
    enum State: String, Sendable, Codable, CaseIterable {
        /// Pieces arrive. → running, failed, deleting
        case receiving
        /// Its job is unfinished. → completed, failed, deleting
        case running
        /// Every row was read; those that could not be used are among the errors. → deleting
        case completed
        /// It could not be read to its end, or its job was cancelled; rows that were accepted before stay. → running,
        /// deleting
        case failed
        /// A caller deletes it: its pieces are removed step by step, then it is gone, also when the server has ended
        /// meanwhile.
        case deleting
    }

    /// A row that was not used.
    struct Problem: Sendable, Codable {
        /// Of the file, from 1; of an archive without a list, the number of the file within, in the order of names.
        var line: Int
        var externalID: String?
        var code: String
        var message: String
    }

    static let fields = [
        "bytes": FieldNote("Bytes that have arrived."),
        "position": FieldNote("How far it was read: bytes of the list, or folders of an archive."),
        "line": FieldNote("Lines that were read."),
        "accepted": FieldNote("Rows that became products, or changed them."),
        "refused": FieldNote("Rows that could not be used; each has an error."),
        "failure": FieldNote("Why the whole of it cannot be used."),
        "errors": FieldNote("The first errors; `GET /products/imports/{import_id}/errors` lists more."),
        "pending": FieldNote(
            "Products without vectors yet, of this import and of others: searches do not find them. Counted up to "
                + "\(Limits.countedPending), and only where one import is shown."),
        "job_id": FieldNote("The job that reads it."),
        "websocket_url": FieldNote("Live progress of the job, relative to the server."),
        "created_at": FieldNote("Milliseconds since 1970."),
        "updated_at": FieldNote("Milliseconds since 1970."),
    ]
}
