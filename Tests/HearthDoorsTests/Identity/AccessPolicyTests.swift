import HTTPTypes
import HearthCore
import HearthDoors
import Testing

@Suite struct AccessPolicyTests {
    private let policy = AccessPolicy(apiKey: "secret")

    private func head(_ path: String, key: String? = nil, origin: String? = nil) -> HTTPRequest {
        var head = HTTPRequest(method: .post, scheme: "http", authority: "example.org", path: path)
        if let key { head.headerFields[.authorization] = "Bearer \(key)" }
        if let origin { head.headerFields[.origin] = origin }
        return head
    }

    @Test func theKeyOpensEverything() throws {
        #expect(try policy.principal(of: head("/api/projects", key: "secret")).permission == .admin)
        #expect(try policy.principal(of: head("/predict", key: "secret")).permission == .admin)
    }

    @Test(arguments: ["X-API-Key", "X-Chroma-Token"])
    func theKeyMayComeInOtherHeaders(name: String) throws {
        let field = try #require(HTTPField.Name(name))
        var request = head("/api/v2/version")
        request.headerFields[field] = "secret"
        #expect(try policy.principal(of: request).permission == .admin)
        request.headerFields[field] = "guess"
        #expect(throws: HearthError.self) { try policy.principal(of: request) }
    }

    @Test func whereTheKeyIsOptionalARequestWithoutOneMayRead() throws {
        #expect(try policy.principal(of: head("/predict"), isOptional: true).permission == .read)
        #expect(throws: HearthError.self, "and nowhere else") { try policy.principal(of: head("/predict")) }
    }

    @Test func aWrongKeyIsRefusedWhereItIsOptionalToo() {
        #expect(throws: HearthError.self) { try policy.principal(of: head("/predict", key: "guess"), isOptional: true) }
    }

    @Test func pagesOfOtherSitesAreRefusedWhereTheKeyIsOptionalToo() {
        #expect(throws: HearthError.self) {
            try policy.principal(of: head("/predict", origin: "https://evil.example"), isOptional: true)
        }
    }

    @Test(arguments: ["localhost", "127.0.0.1", "127.255.0.9", "::1"])
    func addressesOfThisMachineAreLoopback(host: String) { #expect(AccessPolicy.isLoopback(host)) }

    @Test(
        arguments: [
            "127.evil.example", "127.0.0.1.evil.example", "127.0.0.1.", "127.0.0", "127.", "127.0.0.256",
            "127.0.0.0001",
            "127.0.0.a", "127..0.1", "127.0.0.+1", "evil.example", "128.0.0.1", "",
        ])
    func namesThatOnlyLookLikeThisMachineAreNotTrusted(host: String) {
        #expect(!AccessPolicy.isLoopback(host))
        let open = AccessPolicy(apiKey: nil)
        var page = HTTPRequest(method: .post, scheme: "http", authority: "127.0.0.1:8420", path: "/embed")
        #expect(throws: Never.self) { try open.principal(of: page) }
        page.headerFields[.origin] = "http://\(host)"
        #expect(throws: HearthError.self, "a page of that site") { try open.principal(of: page) }
        let rebound = HTTPRequest(method: .post, scheme: "http", authority: "\(host):8420", path: "/embed")
        #expect(throws: HearthError.self, "a name that was made to lead here") { try open.principal(of: rebound) }
    }
}
