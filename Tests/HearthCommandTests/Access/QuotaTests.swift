import Foundation
import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthCommand

/// A tenant with limits, on the assembled server, by every way that adds something.
@Suite(.timeLimit(.minutes(3))) struct QuotaTests {
    private static func withLimits(
        _ limits: JSONValue, _ test: @escaping @Sendable (AssembledFront, _ key: String) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder(.memory)
        let shop = try await AssembledFront.makeKey(
            in: folder, ["name": "shop", "permission": "write", "tenant": "shop"])
        let operatorKey = try await AssembledFront.makeKey(in: folder, ["name": "operator", "permission": "admin"])
        try await AssembledFront.run(in: folder) { front in
            let set = try await front.send("PUT", "/api/tenants/shop/limits", body: limits, key: operatorKey)
            try #require(set.status == 200, "\(set.text)")
            try await test(front, shop)
        }
    }

    /// Files below a folder of the data folder.
    private static func files(of front: AssembledFront, in name: String) -> [String] {
        let path = "\(front.folder.path)/\(name)"
        let found = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
        var isFolder: ObjCBool = false
        return found.filter {
            FileManager.default.fileExists(atPath: "\(path)/\($0)", isDirectory: &isFolder) && !isFolder.boolValue
        }
    }

    @Test func filesBeyondTheLimitAreRefusedAndLeaveNothing() async throws {
        // One picture of 72 bytes, and not a second one.
        try await Self.withLimits(["stored_bytes": 100]) { front, key in
            let anchor: JSONValue = ["project": "p", "name": "Ada", "image_base64": AccessWorld.picture]
            #expect(try await front.send("POST", "/api/anchors", body: anchor, key: key).status == 201)
            let product: JSONValue = ["external_id": "a", "image_base64": AccessWorld.picture]
            let refused = try await front.send("POST", "/products", body: product, key: key)
            #expect(refused.status == 507)
            #expect(refused.json["error"]?["code"] == "quota_exceeded")
            #expect(refused.json["error"]?["details"]?["quota"] == "stored_bytes")
            #expect(Self.files(of: front, in: "products") == [])
            #expect(try await front.send("GET", "/products/a", key: key).status == 404)
            let begun = try await front.send("POST", "/products/imports", body: [:], key: key)
            let piece: JSONValue = ["offset": 0, "file_base64": .string(Data(count: 60).base64EncodedString())]
            let id = begun.json["import_id"]?.stringValue ?? ""
            #expect(
                try await front.send("POST", "/products/imports/\(id)/bytes", body: piece, key: key).status == 507)
            #expect(Self.files(of: front, in: "imports") == [])
            let plain: JSONValue = ["external_id": "a", "title": "without a picture"]
            #expect(try await front.send("POST", "/products", body: plain, key: key).status == 200)
            let usage = try await front.send("GET", "/api/usage", key: key).json
            #expect(
                usage["usage"] == ["unfinished_jobs": 2, "stored_bytes": .int(72 + 17 + 2), "records": 4],
                "the picture, the product's title, its empty attributes; a project, its character, an anchor, a product"
            )
            #expect(usage["limits"] == ["stored_bytes": 100])
        }
    }

    @Test func recordsBeyondTheLimitAreRefusedAndOnesThatReplaceOthersAreNot() async throws {
        try await Self.withLimits(["records": 2]) { front, key in
            #expect(
                try await front.send("POST", "/api/collections", body: ["name": "c", "dims": 2], key: key).status == 201
            )
            func upsert(_ ids: [String]) async throws -> Int {
                let records = ids.map { id -> JSONValue in ["id": .string(id), "vector": [1, 0]] }
                return try await front.send(
                    "POST", "/api/collections/c/records", body: ["records": .array(records)], key: key
                ).status
            }
            #expect(try await upsert(["a", "b", "c"]) == 507)
            #expect(try await front.send("GET", "/api/collections/c/count", key: key).json["count"] == 0)
            #expect(try await upsert(["a", "b"]) == 200)
            #expect(try await upsert(["b", "a"]) == 200)
            #expect(try await upsert(["b", "c"]) == 507)
            #expect(try await front.send("POST", "/api/projects", body: ["name": "p"], key: key).status == 507)
            #expect(
                try await front.send("POST", "/products", body: ["external_id": "a", "title": "a"], key: key).status
                    == 507)
            let database = "/api/v2/tenants/default_tenant/databases/default_database/collections"
            let made = try await front.send("POST", database, body: ["name": "chroma"], key: key)
            let add = try await front.send(
                "POST", "\(database)/\(made.json["id"]?.stringValue ?? "")/add",
                body: ["ids": ["x"], "embeddings": [[1, 0]]], key: key)
            #expect(add.status == 507, "\(add.text)")
        }
    }

    private static func register(
        _ name: String, project: String, _ front: AssembledFront, key: String
    ) async throws -> Int {
        let body: JSONValue = ["project": .string(project), "name": .string(name), "image_base64": AccessWorld.picture]
        return try await front.send("POST", "/api/anchors", body: body, key: key).status
    }

    @Test func aRegistrationTakesAsManyRecordsAsItMakes() async throws {
        // The project, its character and its picture; then a character and its picture.
        try await Self.withLimits(["records": 5]) { front, key in
            #expect(try await Self.register("Ada", project: "p", front, key: key) == 201)
            #expect(try await Self.register("Ben", project: "q", front, key: key) == 507, "it would make three")
            #expect(try await front.send("GET", "/api/projects/q", key: key).status == 404, "nothing is left of it")
            #expect(Self.files(of: front, in: "projects").count == 1)
            #expect(try await Self.register("Ben", project: "p", front, key: key) == 201)
            #expect(try await Self.register("Cy", project: "p", front, key: key) == 507)
            #expect(try await Self.register("Ada", project: "p", front, key: key) == 201, "what is there adds nothing")
            let usage = try await front.send("GET", "/api/usage", key: key).json
            #expect(usage["usage"]?["records"] == 5)
        }
    }

    @Test func aNameThatIsTakenIsRefusedAsSuchAndUsesNothingUp() async throws {
        try await Self.withLimits(["records": 3]) { front, key async throws in
            func project(_ name: String) async throws -> Int {
                try await front.send("POST", "/api/projects", body: ["name": .string(name)], key: key).status
            }
            func character(_ name: String, in project: String = "p") async throws -> Int {
                try await front.send(
                    "POST", "/api/characters", body: ["project": .string(project), "name": .string(name)], key: key
                ).status
            }
            #expect(try await project("p") == 201)
            for _ in 0..<5 { #expect(try await project("P") == 409) }
            #expect(try await character("Ada") == 201)
            for _ in 0..<5 { #expect(try await character("ada") == 409) }
            #expect(try await character("Ada", in: "none") == 404)
            #expect(try await project("q") == 201, "the refused ones have used nothing up")
            #expect(try await project("p") == 409, "also at the limit")
            #expect(try await character("Ada") == 409)
            #expect(try await character("Ada", in: "none") == 404)
            #expect(try await project("r") == 507)
            #expect(try await character("Ben") == 507)
        }
    }

    @Test func aRetryThatIsRefusedAnywayIsRefusedForItsReason() async throws {
        try await Self.withLimits(["unfinished_jobs": 1]) { front, key in
            func retry(_ job: String) async throws -> Int {
                try await front.send("POST", "/api/jobs/\(job)/retry", body: [:], key: key).status
            }
            let anchor: JSONValue = ["project": "p", "name": "Ada", "image_base64": AccessWorld.picture]
            let made = try await front.send("POST", "/api/anchors", body: anchor, key: key).json
            let job = try #require(made["job_id"]?.stringValue)
            #expect(try await retry(job) == 409, "it has not failed")
            #expect(try await retry(Identifier.make()) == 404)
            _ = try await front.send("POST", "/api/jobs/\(job)/cancel", body: [:], key: key)
            // Who was found full is not counted again for a moment.
            try await eventually("its place is free") { try await retry(job) == 200 }
        }
    }

    @Test func jobsBeyondTheLimitAreRefusedUntilSomeHaveEnded() async throws {
        try await Self.withLimits(["unfinished_jobs": 1]) { front, key in
            func register(_ name: String) async throws -> AssembledFront.Answer {
                try await front.send(
                    "POST", "/api/anchors",
                    body: ["project": "p", "name": .string(name), "image_base64": AccessWorld.picture], key: key)
            }
            #expect(try await register("Ada").status == 201)
            let refused = try await register("Ben")
            #expect(refused.status == 429)
            #expect(refused.json["error"]?["details"]?["quota"] == "unfinished_jobs")
            #expect(Self.files(of: front, in: "projects").count == 1)
            #expect(try await front.send("POST", "/products/backfill", body: [:], key: key).status == 429)
        }
    }

    @Test func limitsAreSetByOperatorsOnly() async throws {
        try await Self.withLimits([:]) { front, key in
            let answer = try await front.send("PUT", "/api/tenants/shop/limits", body: ["records": 9], key: key)
            #expect(answer.status == 403)
        }
    }
}
