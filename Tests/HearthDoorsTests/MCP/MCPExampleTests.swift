import Foundation
import HearthJSON
import HearthTesting
import Testing

@testable import HearthDoors

/// The official example messages are read, and the check by the schema accepts them.
@Suite(.enabled(if: SharedData.has(MCPSchema.folder), SharedData.comment(MCPSchema.folder)))
struct MCPExampleTests {
    private static let folder = "\(MCPSchema.folder)/2026-07-28/examples"

    /// Every example by the type that its folder names.
    private func examples() throws -> [(type: String, name: String, value: JSONValue)] {
        let files = FileManager.default
        let root = SharedData.url(Self.folder)
        return try files.contentsOfDirectory(atPath: root.path).sorted().flatMap { type in
            try files.contentsOfDirectory(atPath: root.appending(path: type).path).sorted().map { name in
                let bytes = try Data(contentsOf: root.appending(path: type).appending(path: name))
                return (type, name, try JSONParser.parse(bytes))
            }
        }
    }

    @Test func theCheckAcceptsEveryExample() throws {
        let schema = try MCPSchema(.july2026)
        let examples = try examples()
        #expect(examples.count > 90)
        for example in examples {
            #expect(schema.problems(example.value, as: example.type).isEmpty, "\(example.type)/\(example.name)")
        }
    }

    @Test func requestsAndNotificationsOfClientsAreRead() throws {
        var requests = 0
        for example in try examples() {
            guard let method = example.value["method"]?.stringValue, example.value["jsonrpc"] != nil else { continue }
            switch try MCPMessage(example.value) {
            case .request(let id, let found, let params):
                requests += 1
                #expect(found == method && id.json == example.value["id"])
                let request = try MCPRequest(id, method: found, params: params, agreed: .unnamed)
                #expect(request.version == .july2026, "\(example.type)/\(example.name)")
                #expect(request.message == example.value)
            case .notification(let found, _): #expect(found == method)
            case .response: Issue.record("\(example.type)/\(example.name) is no answer")
            }
        }
        #expect(requests >= 10)
    }
}

extension SharedData {
    /// Why tests that need it are skipped.
    static func comment(_ path: String) -> Comment { Comment(rawValue: reason(path)) }
}
