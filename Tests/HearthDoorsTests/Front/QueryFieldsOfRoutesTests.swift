import Foundation
import HTTPTypes
import HearthCore
import HearthHTTP
import HearthJSON
import Testing

@testable import HearthDoors

/// A field of a query that is not read was meant to have an effect: Hearth's own routes refuse it.
@Suite struct QueryFieldsOfRoutesTests {
    private struct OneDoor: Door {
        var errors: ErrorShape
        var routes: [DoorRoute] {
            [
                DoorRoute(
                    .get, "/things", errors: errors,
                    describe: OpenAPIEntry(
                        "things.list", "", parameters: [OpenAPIEntry.queryCount("since", ""), Self.format], answer: [:])
                ) { _ in JSONReply("things").response },
                DoorRoute(
                    socket: "/watch",
                    describe: OpenAPIEntry(
                        "things.watch", "", parameters: [OpenAPIEntry.queryCount("since", "")], answer: nil)
                ) { _ in .accept(inbound: .ignored) { _ in } },
            ]
        }
        private static let format = OpenAPIEntry.query("format", "")
    }

    private func get(_ path: String, errors: ErrorShape = .hearth) async throws -> DoorClient.Answer {
        try await DoorClient([OneDoor(errors: errors)]).send(.get, path)
    }

    @Test(arguments: ["/things", "/things?", "/things?since=1", "/things?format=x&since=1", "/things?%66ormat=x"])
    func fieldsThatTheDescriptionNamesAreTaken(path: String) async throws {
        #expect(try await get(path).status == 200)
    }

    /// Every route of Hearth's own has this field, and no description names it.
    @Test(arguments: ["/things?pretty=true", "/things?since=1&pretty=false", "/things?pretty&since=1"])
    func theFieldForLinesIsTakenEverywhere(path: String) async throws {
        #expect(try await get(path).status == 200)
    }

    @Test func aMisspeltFieldIsRefusedWithTheOneThatWasMeant() async throws {
        let answer = try await get("/things?sinse=1")
        #expect(answer.status == 400 && answer.code == "invalid_request")
        #expect(answer.json.at("error.message")?.stringValue?.contains("`sinse`") == true)
        #expect(answer.json.at("error.hint")?.stringValue?.hasPrefix("Did you mean `since`?") == true, "\(answer.text)")
        let lines = try await get("/things?prety=true").json.at("error.hint")?.stringValue
        #expect(lines?.hasPrefix("Did you mean `pretty`?") == true, "no description names it")
        #expect(try await get("/things?colour=red").json.at("error.hint") == "There are: since, format.")
    }

    /// Clients of other servers send fields of their own, such as `api-version`.
    @Test func protocolsOfOtherServersIgnoreThem() async throws {
        #expect(try await get("/things?api-version=1", errors: .text(in: "error")).status == 200)
    }

    @Test func aSocketRefusesThemToo() async throws {
        let routing = try DoorClient([OneDoor(errors: .hearth)]).routing
        func decide(_ path: String) async -> Bool {
            let head = HTTPRequest(method: .get, scheme: "http", authority: "test", path: path)
            if case .refuse = await routing.decide(head, logger: DoorServer.quiet) { return false }
            return true
        }
        #expect(await decide("/watch?since=3"))
        #expect(await !decide("/watch?sinse=3"))
    }
}
