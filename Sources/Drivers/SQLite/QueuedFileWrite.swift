import HearthCore

import struct Foundation.Data

/// A file with the rows that name it, and the caller who waits for both.
///
/// `@unchecked Sendable`: `state` and `actions` are touched by one commit thread at a time only.
final class QueuedFileWrite<T: Sendable>: PendingWrite, @unchecked Sendable {
    typealias Rows = @Sendable (any SQLConnection) throws -> FileRows<T>

    /// How far it is.
    private enum State {
        /// Nothing has happened yet. Can become `planned` or `ended`.
        case isNew
        /// The file belongs at `path`, and is perhaps there already. Can become `performed` or `ended`.
        case planned(path: String, rows: Rows)
        /// The rows are written and wait for their commit.
        case performed(FileRows<T>, path: String)
        /// It takes no part in the commit, and has left no file.
        case ended(Result<T, any Error>)
    }

    private let bytes: Data
    private let body: @Sendable (any SQLConnection) throws -> FilePlan<T>
    private let files: any FileGroupWriter
    private let continuation: CheckedContinuation<T, any Error>
    private var state = State.isNew
    private(set) var actions: [CommitAction] = []

    init(
        _ bytes: Data, files: any FileGroupWriter,
        plan body: @escaping @Sendable (any SQLConnection) throws -> FilePlan<T>,
        continuation: CheckedContinuation<T, any Error>
    ) {
        self.bytes = bytes
        self.files = files
        self.body = body
        self.continuation = continuation
    }

    var fileBytes: Int? { bytes.count }

    var hasRows: Bool { if case .planned = state { true } else { false } }

    func plan(on connection: SQLiteConnection) -> NewFile? {
        do {
            switch try body(connection) {
            case .unneeded(let value):
                state = .ended(.success(value))
                return nil
            case .file(let path, let rows):
                state = .planned(path: path, rows: rows)
                return NewFile(path: path, bytes: bytes)
            }
        } catch {
            state = .ended(.failure(SQLiteFailure.translate(error)))
            return nil
        }
    }

    func endFile(_ result: Result<Void, any Error>) {
        if case .failure(let error) = result { state = .ended(.failure(error)) }
    }

    func perform(on connection: SQLiteConnection) -> (any Error)? {
        guard case .planned(let path, let rows) = state else { return nil }
        do {
            state = .performed(try rows(connection), path: path)
            actions = connection.actions
            return nil
        } catch {
            files.removeNow(path)
            let translated = SQLiteFailure.translate(error)
            state = .ended(.failure(translated))
            return translated
        }
    }

    func finish() {
        switch state {
        case .performed(let rows, let path):
            if !rows.namesFile { files.removeNow(path) }
            continuation.resume(returning: rows.value)
        case .ended(let result):
            continuation.resume(with: result)
        case .isNew, .planned:
            continuation.resume(
                throwing: HearthError(.internalError, "A write was committed without having run."))
        }
    }

    func fail(_ error: any Error, mayBeCommitted: Bool) {
        switch state {
        case .ended(let result):
            return continuation.resume(with: result)
        case .performed(let rows, let path):
            // A row that comes back after a crash must find its file; the sweeper asks the rows.
            if !(mayBeCommitted && rows.namesFile) { files.removeNow(path) }
        case .planned(let path, _):
            files.removeNow(path)
        case .isNew:
            break
        }
        continuation.resume(throwing: error)
    }
}
