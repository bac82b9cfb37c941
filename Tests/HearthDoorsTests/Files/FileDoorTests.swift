import Foundation
import HTTPTypes
import HearthCore
import HearthLocalFiles
import HearthSQLite
import HearthTesting
import Testing

@testable import HearthDoors

/// Files go to those whose tenant owns them, whole or in part, and not again to who has them.
@Suite(.timeLimit(.minutes(3))) struct FileDoorTests {
    private static let other = Principal(tenant: Tenant(rawValue: "other"), permission: .admin)

    /// One file of the local tenant.
    private struct Owner: FileOwner {
        let id: String
        let stored: StoredFile
        let fileFolders = ["pictures"]

        func named(_ paths: [String], in db: any SQLConnection) throws -> Set<String> { [] }

        func file(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> StoredFile? {
            id == self.id && tenant == .local ? stored : nil
        }
    }

    private let folder: TemporaryFolder
    private let blobs: LocalBlobStore
    private let client: DoorClient
    private let owner: Owner
    private let bytes: Data
    private let threads: ThreadsOfTest

    /// Ends the threads with the test.
    private final class ThreadsOfTest: Sendable {
        let threads = BlockingThreads(name: "test-files", threads: 2)

        deinit { threads.stop() }
    }

    init() async throws {
        folder = try TemporaryFolder()
        threads = ThreadsOfTest()
        blobs = LocalBlobStore(root: folder.path, threads: threads.threads)
        var random = RepeatableRandom(seed: 1)
        // More than one piece, and no multiple of it.
        bytes = Data((0..<(2 * Limits.fileChunk + 777)).map { _ in UInt8.random(in: .min ... .max, using: &random) })
        owner = Owner(
            id: Identifier.make(),
            stored: StoredFile(
                path: "pictures/p/a.png", mediaType: "image/png", sha256: "abc", bytes: bytes.count, createdAt: 0))
        try await blobs.write(bytes, to: owner.stored.path)
        client = try DoorClient([
            FileDoor(store: try SQLiteStore(path: folder.file("rows.db")), blobs: blobs, owners: [owner])
        ])
    }

    private func get(
        _ headers: HTTPFields = [:], _ method: HTTPRequest.Method = .get, query: String = "", id: String? = nil,
        as principal: Principal = .local
    ) async throws -> DoorClient.Answer {
        try await client.send(
            method, "/files/\(id ?? owner.id)\(query)", type: nil, headers: headers, as: principal)
    }

    @Test func aFileIsSentWholeWithWhatAClientNeeds() async throws {
        let answer = try await get()
        #expect(answer.status == 200 && answer.body == bytes)
        #expect(answer.headers[.contentType] == "image/png" && answer.headers[.eTag] == "\"abc\"")
        #expect(answer.headers[.contentLength] == "\(bytes.count)" && answer.headers[.acceptRanges] == "bytes")
        #expect(answer.headers[.contentDisposition] == "inline; filename=\"a.png\"")
        #expect(answer.headers[.xContentTypeOptions] == "nosniff")
        let saved = try await get(query: "?download=true")
        #expect(saved.headers[.contentDisposition] == "attachment; filename=\"a.png\"")
    }

    @Test func aRangeIsSentAlone() async throws {
        let (first, last) = (Limits.fileChunk - 5, 2 * Limits.fileChunk + 5)
        let answer = try await get([.range: "bytes=\(first)-\(last)"])
        #expect(answer.status == 206 && answer.body == bytes[first...last])
        #expect(answer.headers[.contentRange] == "bytes \(first)-\(last)/\(bytes.count)")
        #expect(answer.headers[.contentLength] == "\(last - first + 1)")
        let tail = try await get([.range: "bytes=-10", .ifRange: "\"abc\""])
        #expect(tail.status == 206 && tail.body == bytes.suffix(10))
        let changed = try await get([.range: "bytes=-10", .ifRange: "\"old\""])
        #expect(changed.status == 200 && changed.body.count == bytes.count)
    }

    @Test func aRangeBehindTheEndIsRefused() async throws {
        let answer = try await get([.range: "bytes=\(bytes.count)-"])
        #expect(answer.status == 416 && answer.body.isEmpty)
        #expect(answer.headers[.contentRange] == "bytes */\(bytes.count)")
    }

    @Test func whatTheClientHasIsNotSentAgain() async throws {
        let answer = try await get([.ifNoneMatch: "\"abc\""])
        #expect(answer.status == 304 && answer.body.isEmpty && answer.headers[.eTag] == "\"abc\"")
        #expect(try await get([.ifMatch: "\"old\""]).status == 412)
    }

    @Test func theHeadIsTheAnswerWithoutItsBody() async throws {
        let answer = try await get(.init(), .head)
        #expect(answer.status == 200 && answer.body.isEmpty)
        #expect(answer.headers[.contentLength] == "\(bytes.count)")
    }

    @Test func nobodyReadsTheFilesOfAnotherTenant() async throws {
        let refused = try await get(as: Self.other)
        #expect(refused.status == 404 && refused.code == "not_found")
        #expect(try await get([.ifNoneMatch: "*"], as: Self.other).status == 404, "nor learns that there is one")
    }

    @Test(arguments: ["none", "..%2F..%2Frows.db", "01a22b2c-81c4-732b-8b73-a66125eef544"])
    func whatNoRowNamesIsNotFound(id: String) async throws {
        #expect(try await get(id: id).status == 404)
    }

    @Test func aFileThatIsGoneIsNotFound() async throws {
        try await blobs.remove(owner.stored.path)
        #expect(try await get().status == 404)
    }
}
