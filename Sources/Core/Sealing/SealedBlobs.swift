package import struct Foundation.Data

/// By which key a file is sealed, as its row has it.
package struct FileSeal: Sendable, Equatable {
    /// Whose key it is.
    package var scope: String
    /// What the file belongs to, chosen before it is written, as the identifier of its row: its bytes open for nothing
    /// else.
    package var context: String

    package init(scope: String, context: String) {
        self.scope = scope
        self.context = context
    }

    fileprivate var authenticated: String { SealContext.text("file", context) }
}

/// Files whose bytes are sealed before they reach the disk, the journal included, and opened where they are read.
package struct SealedBlobs: Sendable {
    private let store: any Store
    private let blobs: any BlobStore
    private let held: SealKeys?

    /// - Parameter keys: nil in a process that opens no sealed files.
    package init(store: any Store, blobs: any BlobStore, keys: SealKeys?) {
        self.store = store
        self.blobs = blobs
        held = keys
    }

    /// The bytes as the file will have them, for writers that write files with their rows (``DurableWriter``). The key
    /// of the scope is made when there is none.
    /// - Throws: ``HearthError`` as ``SealKeys/key(for:of:in:)``.
    package func sealed(_ bytes: Data, by seal: FileSeal, of tenant: Tenant) async throws -> Data {
        let keys = try held.required()
        let known = try await store.read { db in try keys.known(seal.scope, of: tenant, in: db) }
        let key: SealKey
        if let known {
            key = known
        } else {
            key = try await store.write { db in try keys.key(for: seal.scope, of: tenant, in: db) }
        }
        return try key.seal(bytes, context: seal.authenticated)
    }

    /// Writes a new file, sealed.
    /// - Throws: as ``sealed(_:by:of:)`` and ``BlobStore/write(_:to:)``.
    package func write(_ bytes: Data, to path: String, by seal: FileSeal, of tenant: Tenant) async throws {
        try await blobs.write(try await sealed(bytes, by: seal, of: tenant), to: path)
    }

    /// The bytes of a file that was sealed.
    /// - Throws: ``HearthError`` `key_destroyed`, `seal_broken`, as ``SealKeys/key(of:in:)`` and
    ///   ``BlobStore/read(_:)``.
    package func read(_ path: String, by seal: FileSeal) async throws -> Data {
        let keys = try held.required()
        let key = try await store.read { db in try keys.key(of: seal.scope, in: db) }
        return try key.open(try await blobs.read(path), context: seal.authenticated)
    }
}

extension SealKeys? {
    /// The keys, where a process has them.
    /// - Throws: ``HearthError`` `internal_error`.
    package func required() throws(HearthError) -> SealKeys {
        guard let self else { throw HearthError(.internalError, "This process has no keys of sealed data.") }
        return self
    }
}

extension SealedBlobs {
    /// Opens a stored file to read parts of it: a sealed one is opened whole, in memory.
    /// - Throws: as ``read(_:by:)``; ``HearthError`` `storage_unavailable` when its length is not what its row says.
    package func open(_ file: StoredFile) async throws -> any BlobReader {
        let reader: any BlobReader
        if let seal = file.seal {
            reader = BytesReader(bytes: try await read(file.path, by: seal))
        } else {
            reader = try await blobs.open(file.path)
        }
        guard reader.size == file.bytes else {
            throw HearthError(.storageUnavailable, "The file has another length than its row says.")
        }
        return reader
    }

    /// The whole of a stored file.
    /// - Throws: as ``open(_:)``.
    package func read(_ file: StoredFile) async throws -> Data {
        guard let seal = file.seal else { return try await blobs.read(file.path) }
        return try await read(file.path, by: seal)
    }

    /// Bytes in memory as an open file.
    private struct BytesReader: BlobReader {
        let bytes: Data

        var size: Int { bytes.count }

        func read(_ range: Range<Int>) -> Data {
            let range = range.clamped(to: 0..<bytes.count)
            return bytes[bytes.startIndex + range.lowerBound..<bytes.startIndex + range.upperBound]
        }
    }
}
