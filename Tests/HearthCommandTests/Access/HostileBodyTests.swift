import HearthCore
import HearthJSON
import HearthTesting
import HearthText
import Testing

@testable import HearthCommand

/// Bodies that are small and could cost much, at every route of the assembled server.
@Suite(.timeLimit(.minutes(3))) struct HostileBodyTests {
    /// All routes that a body can be sent to.
    private func eachRoute(
        _ test: @escaping @Sendable (ServedRoute, String, AssembledFront) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder(.memory)
        try await AssembledFront.run(in: folder) { front in
            let routes = try await ServedRoute.all(of: front, key: "").filter { $0.method != "GET" && !$0.isSocket }
            #expect(routes.count > 100, "the description has been read")
            for route in routes {
                let target = AccessWorld.target(route.path) { AccessWorld.neutral($0) ?? "nothing" }
                try await test(route, target, front)
            }
        }
    }

    #if DEBUG
        @Test func twiceAsManyKeysAreTwiceTheWork() async throws {
            try await ByteKeyWork.counting { counted in
                // Made once for all routes; what that took is a part of each figure.
                let bodies = [1_000, 2_000].map { count -> (body: JSONValue, work: Int) in
                    let before = counted()
                    var body = JSONObject()
                    for number in 0..<count { body["\u{301}\(100_000 + number)\u{316}"] = .int(Int64(number)) }
                    return (.object(body), counted() - before)
                }
                try await eachRoute { route, target, front in
                    func work(_ made: (body: JSONValue, work: Int)) async throws -> Double {
                        let before = counted()
                        let answer = try await front.send(
                            route.method, target, body: made.body, key: nil, headers: ["x-hearth-timeout-ms": "20"])
                        #expect(answer.status != 500, "\(route): \(answer.text)")
                        return Double(made.work + counted() - before)
                    }
                    let (small, large) = (try await work(bodies[0]), try await work(bodies[1]))
                    #expect(large <= small * 2.5, "\(route): \(small) bytes of keys became \(large)")
                    #expect(large <= 2_000 * 14 * 20, "\(route): \(large) bytes of keys")
                }
            }
        }
    #endif

    /// Numbers that arithmetic goes wrong with, in each field that takes one.
    @Test func anyNumberOfARequestMayBeAnyOther() async throws {
        let numbers: [JSONValue] = [0, -1, .int(.max), .int(.max - 1), .int(.min), .double(1e308), .double(-1e-308)]
        try await eachRoute { route, target, front in
            let properties = route.operation?["input"]?["properties"]?.objectValue?.members ?? []
            let fields = properties.filter { ["integer", "number"].contains($0.value["type"]?.stringValue) }.map(\.key)
            for field in fields + ["n_results", "limit", "offset", "dimensions", "keep_alive"] {
                // At once: what waits, for example for a model, waits until the time is over.
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in numbers {
                        group.addTask { try await send(number, as: field, to: route, target, front) }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    private func send(
        _ number: JSONValue, as field: String, to route: ServedRoute, _ target: String, _ front: AssembledFront
    ) async throws {
        var body: JSONObject = ["ids": ["a"], "query_embeddings": [[1, 0]], "input": "x", "model": "none"]
        body[field] = number
        let answer = try await front.send(
            route.method, target, body: .object(body), key: nil, headers: ["x-hearth-timeout-ms": "20"])
        #expect(answer.status != 500 && answer.status != 0, "\(route), \(field): \(number) \(answer.text)")
    }

    /// One comparison with this text takes a tenth of a second, and one with all that fits into a body takes minutes.
    @Test func aTextOfCombiningMarksIsRefusedBeforeItIsComparedWithAnything() async throws {
        let marks = String(String.UnicodeScalarView((0..<20_000).map { $0 % 2 == 0 ? "\u{301}" : "\u{316}" }))
        try await eachRoute { route, target, front in
            var fields = route.operation?["input"]?["properties"]?.objectValue?.keys ?? []
            fields += ["model", "input", "inputs", "name", "keep_alive", "encoding_format", "id", "ids"]
            var body = JSONObject()
            for field in fields { body[field] = .string("a" + marks) }
            let answer = try await front.send(
                route.method, target, body: .object(body), key: nil,
                headers: ["x-hearth-timeout-ms": "20"])
            #expect((400..<500).contains(answer.status) || answer.status == 501, "\(route): \(answer.text)")
        }
    }
}
