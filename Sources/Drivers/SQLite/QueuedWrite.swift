import HearthCore

/// A body, its result, and the caller who waits for it.
///
/// `@unchecked Sendable`: `outcome` and `actions` are touched on the commit thread only.
final class QueuedWrite<T: Sendable>: PendingWrite, @unchecked Sendable {
    private let body: @Sendable (any SQLConnection) throws -> T
    private let continuation: CheckedContinuation<T, any Error>
    private var outcome: Result<T, any Error>?
    private(set) var actions: [CommitAction] = []
    let freesSpace: Bool

    init(
        freesSpace: Bool = false, body: @escaping @Sendable (any SQLConnection) throws -> T,
        continuation: CheckedContinuation<T, any Error>
    ) {
        self.freesSpace = freesSpace
        self.body = body
        self.continuation = continuation
    }

    var lacksSpace: Bool {
        guard case .failure(let error as HearthError) = outcome else { return false }
        return error.code == .insufficientStorage
    }

    func perform(on connection: SQLiteConnection) -> (any Error)? {
        do {
            outcome = .success(try body(connection))
            actions = connection.actions
            return nil
        } catch {
            let translated = SQLiteFailure.translate(error)
            outcome = .failure(translated)
            return translated
        }
    }

    func finish() {
        continuation.resume(
            with: outcome ?? .failure(HearthError(.internalError, "A write was committed without having run.")))
    }

    func fail(_ error: any Error, mayBeCommitted: Bool) { continuation.resume(throwing: error) }
}
