import HTTPTypes
import HearthCore
import Hummingbird
import Testing

@testable import HearthDoors

/// Which pages may read answers (Fetch standard, CORS protocol).
@Suite struct CrossOriginTests {
    private struct OneDoor: Door {
        var routes: [DoorRoute] {
            [
                DoorRoute(.get, "/thing", describe: OpenAPIEntry("thing", "", answer: nil)) { _ in
                    Response(status: .ok)
                },
                DoorRoute(.delete, "/thing", describe: OpenAPIEntry("thing.delete", "", answer: nil)) { _ in
                    throw HearthError(.conflict, "Not now.")
                },
            ]
        }
    }

    private func send(
        _ method: HTTPRequest.Method, from origin: String?, headers: HTTPFields = [:]
    ) async throws -> DoorClient.Answer {
        let origins = OriginRule(allowedHosts: ["app.example.org"])
        let client = try DoorClient([OneDoor()], allowsOrigin: { origins.allows(origin: $0) })
        var headers = headers
        headers[.origin] = origin
        return try await client.send(method, "/thing", headers: headers)
    }

    @Test(arguments: ["http://localhost:3000", "http://127.0.0.1:5173", "https://app.example.org"])
    func pagesOfAllowedOriginsReadAnswersAndErrors(origin: String) async throws {
        for (method, status) in [(HTTPRequest.Method.get, 200), (.delete, 409), (.post, 405)] {
            let answer = try await send(method, from: origin)
            #expect(answer.status == status)
            #expect(answer.headers[.accessControlAllowOrigin] == origin)
            #expect(answer.headers[.vary] == "Origin")
        }
    }

    @Test func aPreflightAllowsWhatClientsSend() async throws {
        let wanted: HTTPFields = [
            .accessControlRequestMethod: "DELETE", .accessControlRequestHeaders: "authorization, x-stainless-os",
        ]
        let answer = try await send(.options, from: "http://localhost:3000", headers: wanted)
        #expect(answer.status == 204)
        #expect(answer.headers[.accessControlAllowOrigin] == "http://localhost:3000")
        #expect(answer.headers[.accessControlAllowMethods]?.contains("DELETE") == true)
        #expect(answer.headers[.accessControlAllowHeaders] == "*, authorization", "`*` is every header but that one")
        #expect(answer.headers[.accessControlMaxAge] == "3600")
    }

    @Test(arguments: ["https://evil.example", "null", "http://localhost.evil.example", "http://app.example.org.evil"])
    func pagesOfOthersReadNothing(origin: String) async throws {
        for method in [HTTPRequest.Method.get, .options] {
            let answer = try await send(method, from: origin)
            #expect(answer.headers[.accessControlAllowOrigin] == nil)
        }
        #expect(try await send(.options, from: origin).status == 405)
    }

    @Test func withoutAnOriginNothingIsSaid() async throws {
        #expect(try await send(.get, from: nil).headers[.accessControlAllowOrigin] == nil)
    }
}
