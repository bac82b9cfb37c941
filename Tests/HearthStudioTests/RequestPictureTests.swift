import Foundation
import HearthAssembly
import HearthCore
import HearthJSON
import HearthJobs
import HearthLocalFiles
import HearthSQLite
import HearthTesting
import Logging
import Testing

@testable import HearthStudio

/// Pictures that come with requests: kept once for each tenant, named by recipes, deleted in the end.
@Suite(.timeLimit(.minutes(3))) struct RequestPictureTests {
    private final class World: Sendable {
        let folder: TemporaryFolder
        let store: SQLiteStore
        let blobs: LocalBlobStore
        let pictures: RequestPictures
        let registry: OperationRegistry
        let queue: JobQueue
        let clock = ManualClock()
        private let threads = BlockingThreads(name: "test", threads: 1)

        init() async throws {
            folder = try TemporaryFolder(.memory)
            store = try SQLiteStore(path: folder.file("hearth.db"))
            try await Migrator(Schema.migrations).run(store, now: clock.now())
            blobs = LocalBlobStore(root: folder.path, threads: threads)
            queue = JobQueue(store: store, clock: clock, signal: SilentSignal())
            pictures = RequestPictures(store: store, blobs: blobs, queue: queue, clock: clock)
            registry = try OperationRegistry(pictures.operations(), jobs: queue)
        }

        deinit { threads.stop() }

        func add(_ number: UInt8 = 1, tenant: Tenant = .local) async throws -> JSONValue {
            let operation = try #require(registry["studio.pictures.add"])
            let context = OperationContext(
                principal: Principal(tenant: tenant, permission: .write), requestID: "test",
                deadline: .now + .seconds(60), attachment: .image(try InspectedImage(Self.picture(number))),
                logger: Logger(label: "test"))
            return try await registry.call(operation, input: [:], context: context)
        }

        static func picture(_ number: UInt8) -> Data {
            Data("GIF89a".utf8)
                + Data([
                    1, 0, 1, 0, 0x80, 0, 0, number, 0, 7, 0, 0, 0, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0,
                    0x3B,
                ])
        }

        /// Runs the job that deletes what is old.
        func prune() async throws {
            let request = JobTable.LeaseRequest(
                lanes: [.upkeep], kinds: ["studio.pictures.prune"], worker: "test", limit: 1)
            _ = try await queue.enqueue(try #require(pictures.schedules().first).request)
            let (table, now) = (queue.table, clock.now())
            let lease = try #require(try await store.write { db in try table.lease(request, in: db, now: now) }.first)
            let handler = try #require(registry.jobHandlers[lease.kind])
            let outcome = try await handler.run(lease, JobProgress())
            _ = try await store.write { db in try table.complete(lease, result: outcome.result, in: db, now: now) }
        }

        func files() async throws -> [String] {
            try await blobs.list("pictures", after: nil, limit: 100)
        }
    }

    private let world: World
    private let other = Tenant(rawValue: "other")

    init() async throws { world = try await World() }

    @Test func recipeFindsThePictureByItsBytes() async throws {
        let id = try #require(try await world.add()["picture_id"]?.stringValue)
        let reference = try await world.store.read { db in
            try RequestPictures.reference(to: id, as: .start, of: .local, in: db)
        }
        #expect(reference.purpose == .start && reference.anchorID == nil)
        let bytes = try await RequestPictures.bytes(
            of: reference, tenant: .local, store: world.store, blobs: world.blobs)
        #expect(bytes == World.picture(1))
    }

    @Test func sameBytesAreKeptOnceForEachTenant() async throws {
        let first = try await world.add()
        #expect(try await world.add() == first)
        #expect(try await world.files().count == 1)
        let foreign = try await world.add(tenant: other)
        #expect(foreign["picture_id"] != first["picture_id"])
        #expect(try await world.files().count == 2)
    }

    @Test func pictureOfAnotherTenantIsNotFound() async throws {
        let id = try #require(try await world.add()["picture_id"]?.stringValue)
        await #expect(throws: HearthError.self) {
            try await world.store.read { [other] db in
                try RequestPictures.reference(to: id, as: .start, of: other, in: db)
            }
        }
        let file = try await world.store.read { [pictures = world.pictures, other] db in
            try pictures.file(id, of: other, in: db)
        }
        #expect(file == nil)
    }

    @Test func pictureIsDeletedWhenItWasNotSentForLong() async throws {
        _ = try await world.add(1)
        _ = try await world.add(2)
        world.clock.advance(by: Limits.requestPictureLife)
        _ = try await world.add(2)
        world.clock.advance(by: .seconds(1))
        try await world.prune()
        #expect(try await world.files().count == 1)
        let usage = try await world.store.read { db in try RequestPictureTable.usage(of: .local, in: db) }
        #expect(usage.records == 1 && usage.storedBytes == Int64(World.picture(2).count))
    }

    @Test func deletedPictureIsNamedToTheJobThatWantsIt() async throws {
        let reference = RecipeReference(purpose: .start, sha256: String(repeating: "0", count: 64))
        let error = await #expect(throws: HearthError.self) {
            try await RequestPictures.bytes(of: reference, tenant: .local, store: world.store, blobs: world.blobs)
        }
        #expect(error?.code == .unprocessable)
    }
}
