import Foundation
import HTTPTypes
import HearthCore
import HearthHTTP
import HearthJSON
import HearthTesting
import NIOCore
import Testing

@testable import HearthDoors

/// Pictures that come by a link: once, for a while, for their tenant, and not too many.
@Suite(.timeLimit(.minutes(3))) struct UploadTests {
    private let clock = ManualClock()
    private let table: UploadTable
    private let other = Tenant(rawValue: "other")

    init() { table = UploadTable(clock: clock) }

    private func code(_ body: () async throws -> Void) async -> HearthError.Code? {
        do {
            try await body()
            return nil
        } catch { return (error as? HearthError)?.code }
    }

    /// Uses a picture up.
    private func use(_ id: String, for tenant: Tenant = .local) throws -> ByteBuffer {
        let claim = try table.claim(id, for: tenant)
        claim.use()
        return claim.bytes
    }

    @Test func aPictureIsUsedOnceByItsTenant() async throws {
        let link = try table.open(for: .local)
        #expect(link.end == clock.now() + 300_000)
        #expect(await code { _ = try use(link.id) } == .conflict)
        try await table.receive(link.id) { (ByteBuffer(string: "abc"), nil) }
        #expect(await code { try await table.receive(link.id) { (ByteBuffer(), nil) } } == .notFound, "once")
        #expect(await code { _ = try use(link.id, for: other) } == .notFound)
        #expect(try use(link.id) == ByteBuffer(string: "abc"))
        #expect(await code { _ = try use(link.id) } == .notFound)
        #expect(table.count == 0)
    }

    @Test func aPictureIsOneCallsAtATimeAndStaysWhenThatIsRefused() async throws {
        let id = try table.add(ByteBuffer(string: "abc"), nil, for: .local).id
        do {
            let claim = try table.claim(id, for: .local)
            #expect(await code { _ = try use(id) } == .conflict, "two calls at once")
            #expect(await code { try await table.receive(id) { (ByteBuffer(), nil) } } == .notFound)
            #expect(claim.bytes == ByteBuffer(string: "abc"))
        }
        #expect(try use(id) == ByteBuffer(string: "abc"), "the first call was refused")
        #expect(table.count == 0)
    }

    @Test func aPictureThatGetsTooOldDuringItsCallIsCountedUntilTheCallEnds() async throws {
        let budget = BodyBudget(limit: 1 << 20)
        let reservation = budget.reservation()
        try reservation.grow(by: 3)
        let id = try table.add(ByteBuffer(string: "abc"), reservation, for: .local).id
        let claim = Locked<UploadClaim?>(try table.claim(id, for: .local))
        clock.advance(by: Limits.uploadLife)
        table.removeOld()
        #expect(table.count == 0 && budget.bytesInFlight == 3)
        claim.withLock { $0 = nil }
        #expect(await code { _ = try use(id) } == .notFound)
    }

    @Test func aLinkThatFailedCanBeUsedAgain() async throws {
        let link = try table.open(for: .local)
        #expect(
            await code { try await table.receive(link.id) { throw HearthError(.invalidImage, "No.") } } == .invalidImage
        )
        #expect(table.isOpen(link.id))
        try await table.receive(link.id) { (ByteBuffer(string: "a"), nil) }
        #expect(!table.isOpen(link.id))
    }

    @Test func aPictureHasItsOwnFiveMinutesFromItsArrivalOn() async throws {
        let link = try table.open(for: .local)
        clock.advance(by: Limits.uploadLife - .milliseconds(1))
        try await table.receive(link.id) { (ByteBuffer(string: "a"), nil) }
        clock.advance(by: Limits.uploadLife - .milliseconds(1))
        #expect(try use(link.id) == ByteBuffer(string: "a"))
    }

    @Test func linksAndPicturesEnd() async throws {
        let (open, used) = (try table.open(for: .local), try table.open(for: .local))
        try await table.receive(used.id) { (ByteBuffer(string: "a"), nil) }
        clock.advance(by: Limits.uploadLife - .milliseconds(1))
        #expect(table.isOpen(open.id))
        clock.advance(by: .milliseconds(1))
        #expect(await code { _ = try use(used.id) } == .notFound)
        #expect(await code { try await table.receive(open.id) { (ByteBuffer(), nil) } } == .notFound)
        #expect(table.count == 0, "their memory is given back")
    }

    @Test func linksOfATenantAndBytesAreBounded() async throws {
        for _ in 0..<Limits.tenantUploads { _ = try table.open(for: .local) }
        #expect(await code { _ = try table.open(for: .local) } == .overloaded)
        let third = ByteBuffer(repeating: 0, count: Limits.uploadedBytes / 4 + 1)
        _ = try table.add(third, nil, for: other)
        #expect(await code { _ = try table.add(third, nil, for: other) } == .overloaded, "half of it is one tenant's")
        _ = try table.add(third, nil, for: Tenant(rawValue: "third"))
    }

    @Test func identifiersAreLongAndFitIntoAPath() throws {
        let ids = try (0..<20).map { _ in try table.open(for: .local).id }
        #expect(Set(ids).count == 20)
        for id in ids {
            #expect(id.count == 22 && id.utf8.allSatisfy { $0 > 0x2C && $0 < 0x7B && $0 != UInt8(ascii: "/") })
        }
    }

    // MARK: Door

    @Test func whatIsNoPictureIsRefusedWhereItIsSent() async throws {
        let world = try await MCPWorld()
        let link = try world.uploads.open(for: .local)
        let path = "/mcp/uploads/\(link.id)"
        let refused = try await world.client.send(.put, path, body: Data("no".utf8), type: "image/png")
        #expect([415, 422].contains(refused.status), "\(refused.text)")
        let long = try await world.client.send(.put, path, body: Data(count: Limits.uploadBytes + 1), type: "image/png")
        #expect(long.status == 413)
        #expect(world.uploads.isOpen(link.id), "another picture may be sent")
        #expect(world.budget.bytesInFlight == 0)
        let absent = try await world.client.send(.put, "/mcp/uploads/none", body: MCPWorld.picture, type: "image/png")
        #expect(absent.status == 404)
    }

    @Test func aPersonChoosesThePictureOnThePageOfTheLink() async throws {
        let world = try await MCPWorld()
        let link = try world.uploads.open(for: .local)
        let path = "/mcp/uploads/\(link.id)"
        let page = try await world.client.send(.get, path, type: nil)
        #expect(page.status == 200 && page.text.contains(#"<form method="post""#))
        #expect(page.headers[.contentSecurityPolicy]?.contains("default-src 'none'") == true)
        #expect(!page.text.contains("<script"))
        let form =
            Data("--b\r\nContent-Disposition: form-data; name=\"image\"; filename=\"<b>.png\"\r\n\r\n".utf8)
            + MCPWorld.picture + Data("\r\n--b--\r\n".utf8)
        let type = "multipart/form-data; boundary=b"
        let empty = try await world.client.send(.post, path, body: Data("--b--\r\n".utf8), type: type)
        #expect(empty.status == 400 && empty.text.contains("<h1>"))
        #expect(try await world.client.send(.post, path, body: form, type: type).status == 200)
        #expect(try world.uploads.claim(link.id, for: .local).bytes.readableBytes == MCPWorld.picture.count)
        #expect(try await world.client.send(.get, path, type: nil).status == 404, "used")
    }

    @Test func aProgramSendsThePictureFirst() async throws {
        let world = try await MCPWorld()
        let sent = try await world.client.send(.post, "/mcp/uploads", body: MCPWorld.picture, type: "image/png")
        #expect(sent.status == 201)
        let id = try #require(sent.json["upload_id"])
        let result = try await world.call("register_character_anchor", ["name": "A", "upload_id": id])
        #expect(result["isError"] == false, "\(result.encodedText())")
        let reader = try await world.client.send(
            .post, "/mcp/uploads", body: MCPWorld.picture, type: "image/png", as: MCPWorld.reader)
        #expect(reader.status == 403)
    }

    @Test func aCallThatIsRefusedLeavesItsUploadToTheNextOne() async throws {
        let world = try await MCPWorld()
        let sent = try await world.client.send(.post, "/mcp/uploads", body: MCPWorld.picture, type: "image/png")
        let id = try #require(sent.json["upload_id"])
        let wrong: [JSONObject] = [
            ["upload_id": id], ["name": 7, "upload_id": id], ["name": "A", "no_such_field": 1, "upload_id": id],
        ]
        for arguments in wrong {
            let refused = try await world.call("register_character_anchor", arguments)
            #expect(refused["isError"] == true, "\(arguments)")
        }
        for principal in [MCPWorld.reader, MCPWorld.other] {
            let refused = try await world.call(
                "register_character_anchor", ["name": "A", "upload_id": id], as: principal)
            #expect(refused["isError"] == true, "\(principal)")
        }
        let registered = world.registered
        #expect(registered.withLock { $0.isEmpty })
        let results: [JSONValue] = try await withThrowingTaskGroup(of: JSONValue.self) { group in
            for _ in 0..<8 {
                group.addTask { try await world.call("register_character_anchor", ["name": "A", "upload_id": id]) }
            }
            return try await group.reduce(into: []) { $0.append($1["isError"] ?? .null) }
        }
        #expect(results.count { $0 == false } == 1, "one of them has it: \(results)")
        #expect(registered.withLock { $0.count } == 1 && world.uploads.count == 0)
    }
}
