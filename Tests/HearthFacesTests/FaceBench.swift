import Foundation
import HearthAssembly
import HearthCore
import HearthInference
import HearthJSON
import HearthJobs
import HearthLocalFiles
import HearthSQLite
import HearthTesting
import HearthVectorStore
import Logging

@testable import HearthFaces

/// The feature on a real database and real files, with faces by a script.
final class FaceBench: Sendable {
    let folder: TemporaryFolder
    let store: any Store
    let blobs: LocalBlobStore
    let faces: Faces
    let finder = FakeFaceFinder()
    let clock = ManualClock()
    let seals: SealKeys
    let queue: JobQueue
    private let threads = BlockingThreads(name: "test", threads: 4)
    private let registry: OperationRegistry

    init() async throws {
        folder = try TemporaryFolder(.memory)
        store = try SQLiteStore(path: folder.file("hearth.db"))
        try await Migrator(Schema.migrations).run(store, now: clock.now())
        blobs = LocalBlobStore(root: folder.path, threads: threads)
        queue = JobQueue(
            store: store, table: JobTable(subjects: Schema.jobSubjects), clock: clock, signal: SilentSignal())
        seals = SealKeys(store: store, files: MasterKeyFiles(folder: folder.file("keys")), clock: clock)
        let collections = VectorCollections(store: store, table: CollectionTable(seals: seals))
        faces = Faces(
            Faces.Parts(
                store: store, blobs: blobs, queue: queue, finder: finder, keys: seals, audit: AuditLog(clock: clock),
                collections: collections, metrics: MetricsRegistry(), clock: clock, logger: .quiet))
        registry = try OperationRegistry(faces.operations(), jobs: queue)
    }

    deinit { threads.stop() }

    // MARK: Pictures

    /// A GIF of one pixel that differs by its colour table and shows some faces.
    func picture(_ number: Int, _ shown: [FakeFaceFinder.Shown]) -> Data {
        let bytes =
            Data("GIF89a".utf8)
            + Data([
                1, 0, 1, 0, 0x80, 0, 0, UInt8(number & 255), UInt8(number >> 8 & 255), 7, 0, 0, 0, 0x2C, 0, 0, 0, 0, 1,
                0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3B,
            ])
        finder.shown.withLock { $0[Digest256(of: bytes).hex] = shown }
        return bytes
    }

    /// A picture of one person.
    func picture(_ number: Int, of person: Int) -> Data {
        picture(number, [.init(person: person, seed: UInt64(number))])
    }

    /// A JPEG of one pixel, as a camera would send it.
    func frame(_ number: Int, _ shown: [FakeFaceFinder.Shown]) -> Data {
        let comment: [UInt8] = [0xFF, 0xFE, 0, 6, UInt8(number & 127), UInt8(number >> 7 & 127), 1, 2]
        let bytes = Data(
            [0xFF, 0xD8] + comment + [0xFF, 0xC0, 0, 11, 8, 0, 1, 0, 1, 1, 1, 0x11, 0]
                + [0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0, 0x55, 0xFF, 0xD9])
        finder.shown.withLock { $0[Digest256(of: bytes).hex] = shown }
        return bytes
    }

    /// A frame of a person whose head is held so.
    func frame(_ number: Int, of person: Int, _ pose: FacePose, quality: Float = 0.9) -> Data {
        let (yaw, pitch): (Float, Float) =
            switch pose {
            case .front: (0, 0)
            case .left: (-25, 0)
            case .right: (25, 0)
            case .up: (0, 20)
            case .down: (0, -20)
            }
        return frame(
            number, [.init(person: person, seed: UInt64(number), yaw: yaw, pitch: pitch, quality: quality)])
    }

    // MARK: Calls

    static let consent: JSONValue = ["by": "Ada", "text_version": "2026-11"]

    @discardableResult
    func call(
        _ name: String, _ input: JSONValue = [:], picture: Data? = nil, tenant: Tenant = .local, key: String? = nil,
        address: String? = nil, permission: Permission = .admin
    ) async throws -> JSONValue {
        guard let operation = registry[name] else { throw HearthError(.notFound, name) }
        let context = OperationContext(
            principal: Principal(keyID: key, tenant: tenant, permission: permission), requestID: "test",
            address: address, deadline: .now + .seconds(10),
            attachment: try picture.flatMap { try operation.attachment?.attachment(of: $0) }, logger: .quiet)
        return try await registry.begin(operation, input: input, context: context).finished().value
    }

    /// Makes a user with a consent.
    @discardableResult
    func user(_ id: String, client: String? = nil, photo: Data? = nil, tenant: Tenant = .local) async throws
        -> JSONValue
    {
        try await call(
            "faces.users.create", fields(id, client, ["consent": Self.consent]), picture: photo, tenant: tenant)
    }

    /// Makes a user who is enrolled by a picture.
    func enrolled(
        _ id: String, as person: Int, picture number: Int, client: String? = nil, tenant: Tenant = .local
    ) async throws {
        try await user(id, client: client, tenant: tenant)
        try await call(
            "faces.templates.add", fields(id, client), picture: picture(number, of: person), tenant: tenant)
    }

    func fields(_ id: String, _ client: String? = nil, _ more: JSONValue = [:]) -> JSONValue {
        var fields = more
        fields["external_user_id"] = .string(id)
        if let client { fields["client"] = .string(client) }
        return fields
    }

    // MARK: Jobs

    static let kinds = [
        "faces.photos.extract", "faces.photos.extract_all", "faces.albums.read", "faces.albums.cluster",
        "faces.reconcile",
    ]

    func lease(_ kinds: [String] = kinds) async throws -> [JobLease] {
        let (table, clock) = (queue.table, clock)
        return try await store.write { db in
            try [Lane.embed, .upkeep].flatMap { lane in
                try table.lease(
                    JobTable.LeaseRequest(lanes: [lane], kinds: kinds, worker: "test", limit: 100), in: db,
                    now: clock.now())
            }
        }
    }

    /// Runs every job that may run, and what these enqueue.
    /// - Returns: what they have answered.
    @discardableResult
    func runJobs() async throws -> [JSONValue] {
        var results: [JSONValue] = []
        while true {
            let leases = try await lease()
            if leases.isEmpty { return results }
            for lease in leases { if let result = try await run(lease) { results.append(result) } }
        }
    }

    /// Runs one attempt; its failure is the job's.
    @discardableResult
    func run(_ lease: JobLease) async throws -> JSONValue? {
        let (table, clock) = (queue.table, clock)
        guard let handler = registry.jobHandlers[lease.kind] else { return nil }
        do {
            let outcome = try await handler.run(lease, JobProgress())
            try await store.write { db in
                guard try table.complete(lease, result: outcome.result, in: db, now: clock.now()) else { return }
                try outcome.commit(db)
            }
            return outcome.result
        } catch let error as HearthError {
            let failure = JobFailure(kind: .permanent, code: error.code.rawValue, message: error.message)
            try await store.write { db in _ = try table.fail(lease, failure, in: db, now: clock.now()) }
        } catch let failure as JobFailure {
            try await store.write { db in _ = try table.fail(lease, failure, in: db, now: clock.now()) }
        }
        return nil
    }

    // MARK: Looking

    func count(_ table: String, where condition: String = "1 = 1") async throws -> Int64 {
        try await store.read { db in
            try db.value("SELECT COUNT(*) FROM \(verbatim: table) WHERE \(verbatim: condition)", as: Int64.self) ?? -1
        }
    }

    func files() async throws -> [String] { try await blobs.list("faces", after: nil, limit: 1_000) }

    func finishDeletions() async throws {
        try await DeletionUpkeep([faces, DeletedCollections(store: store)], logger: .quiet).finish()
    }
}
