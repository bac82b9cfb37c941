import Foundation
import HTTPTypes
import HearthLocalFiles
import HearthSQLite
import HearthTesting
import Testing

@testable import HearthCore
@testable import HearthDoors

/// A sealed file is served opened to those who may read it, and lies on the disk as nothing that a program can read.
@Suite(.timeLimit(.minutes(1))) struct SealedFileTests {
    private struct Owner: FileOwner {
        let stored: StoredFile
        let fileFolders = ["faces"]

        func named(_ paths: [String], in db: any SQLConnection) throws -> Set<String> { [] }

        func file(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> StoredFile? {
            tenant == .local ? stored : nil
        }
    }

    private let folder: TemporaryFolder
    private let store: SQLiteStore
    private let keys: SealKeys
    private let sealed: SealedBlobs
    private let client: DoorClient
    private let bytes: Data
    private let threads = BlockingThreads(name: "test-sealed", threads: 1)
    private static let id = Identifier.make()
    private static let seal = FileSeal(scope: "client/1", context: id)

    init() async throws {
        folder = try TemporaryFolder()
        store = try SQLiteStore(path: folder.file("hearth.db"))
        try await Migrator(SealKeyTable.migrations).run(store, now: 0)
        let blobs = LocalBlobStore(root: folder.path, threads: threads)
        keys = SealKeys(store: store, files: MasterKeyFiles(folder: folder.file("keys")), clock: SystemClock())
        sealed = SealedBlobs(store: store, blobs: blobs, keys: keys)
        var random = RepeatableRandom(seed: 1)
        bytes = Data((0..<(Limits.fileChunk + 777)).map { _ in UInt8.random(in: .min ... .max, using: &random) })
        let owner = Owner(
            stored: StoredFile(
                path: "faces/a.jpg", mediaType: "image/jpeg", sha256: "abc", bytes: bytes.count, createdAt: 0,
                seal: Self.seal))
        try await sealed.write(bytes, to: owner.stored.path, by: Self.seal, of: .local)
        client = try DoorClient([FileDoor(store: store, blobs: blobs, owners: [owner], keys: keys)])
    }

    private func get(_ headers: HTTPFields = [:], as principal: Principal = .local) async throws -> DoorClient.Answer {
        try await client.send(.get, "/files/\(Self.id)", type: nil, headers: headers, as: principal)
    }

    @Test func whoMayReadItGetsItWholeOrInPart() async throws {
        defer { threads.stop() }
        let whole = try await get()
        #expect(whole.status == 200 && whole.body == bytes && whole.headers[.contentType] == "image/jpeg")
        let part = try await get([.range: "bytes=5-99"])
        #expect(part.status == 206 && part.body == bytes[5...99])
        #expect(part.headers[.contentRange] == "bytes 5-99/\(bytes.count)")
        let other = Principal(tenant: Tenant(rawValue: "other"), permission: .admin)
        #expect(try await get(as: other).status == 404)
    }

    @Test func theDiskHasNothingOfIt() async throws {
        defer { threads.stop() }
        var plain = PlainBytes()
        plain.add(bytes, picture: "picture")
        #expect(try plain.found(below: folder.path) == [])
        #expect(plain.found(in: bytes) != [])
    }

    @Test func aFileThatWasChangedOrMovedIsNotServed() async throws {
        defer { threads.stop() }
        let url = URL(fileURLWithPath: folder.file("faces/a.jpg"))
        var stored = try Data(contentsOf: url)
        stored[stored.count / 2] ^= 1
        try stored.write(to: url)
        let answer = try await get()
        #expect(answer.status == 500 && answer.code == "seal_broken")
        try FileManager.default.removeItem(at: url)
        let other = FileSeal(scope: "client/1", context: "another picture")
        try await sealed.write(bytes, to: "faces/a.jpg", by: other, of: .local)
        #expect(try await get().code == "seal_broken", "of another row")
    }

    @Test func aFileWhoseKeyWasDestroyedIsGone() async throws {
        defer { threads.stop() }
        _ = try await store.write { [keys] db in try keys.destroy(scope: "client/1", in: db) }
        let answer = try await get()
        #expect(answer.status == 410 && answer.code == "key_destroyed")
    }
}
