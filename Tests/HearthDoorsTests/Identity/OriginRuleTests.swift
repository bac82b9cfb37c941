import HTTPTypes
import HearthCore
import HearthDoors
import Testing

/// From where requests may come.
@Suite struct OriginRuleTests {
    private func refusal(
        _ rule: OriginRule = OriginRule(), _ authority: String = "127.0.0.1:8420", _ headers: [String: String] = [:],
        isTrusted: Bool = true
    ) throws -> HearthError.Code? {
        var head = HTTPRequest(method: .post, scheme: "http", authority: authority, path: "/embed")
        for (name, value) in headers { head.headerFields[try #require(HTTPField.Name(name))] = value }
        do {
            try rule.check(head, isTrusted: isTrusted)
            return nil
        } catch {
            return error.code
        }
    }

    @Test(arguments: ["localhost", "127.0.0.1", "127.255.0.9", "::1"])
    func addressesOfThisMachineAreLoopback(host: String) { #expect(OriginRule.isLoopback(host)) }

    @Test(
        arguments: [
            "127.evil.example", "127.0.0.1.evil.example", "127.0.0.1.", "127.0.0", "127.", "127.0.0.256",
            "127.0.0.0001", "127.0.0.a", "127..0.1", "127.0.0.+1", "evil.example", "128.0.0.1", "",
        ])
    func namesThatOnlyLookLikeThisMachineAreNotTrusted(host: String) throws {
        #expect(!OriginRule.isLoopback(host))
        #expect(try refusal() == nil)
        #expect(try refusal(OriginRule(), "127.0.0.1:8420", ["Origin": "http://\(host)"]) == .forbidden)
        #expect(try refusal(OriginRule(), "\(host):8420") == .forbidden, "a name that was made to lead here")
    }

    /// Each contains a name of this machine, and leads elsewhere.
    @Test(
        arguments: [
            "[::1].evil.example", "[::1]evil.example:80", "localhost:80@evil.example", "localhost@evil.example",
            "user@localhost", "localhost:80:80", "localhost:8x", "localhost:99999", "localhost:-1", "[::1", "::1]:80",
            "[]", "[localhost]", "localhost/evil.example", "localhost#evil.example", "localhost?evil.example",
            "localhost\\evil.example", "localhost evil.example", "localhost,evil.example", "localhost%2eevil.example",
            "localhost\u{301}",
        ])
    func anAuthorityThatIsMoreThanAHostAndAPortIsNone(authority: String) throws {
        #expect(try refusal(OriginRule(), authority) == .forbidden)
        #expect(try refusal(OriginRule(), "127.0.0.1:8420", ["Origin": "http://\(authority)"]) == .forbidden)
    }

    @Test(arguments: [
        "localhost", "LocalHost:3000", "127.0.0.1:1", "[::1]", "[::1]:8420", "localhost:", "localhost:65535",
    ])
    func aHostWithOrWithoutItsPortIsTaken(authority: String) throws {
        #expect(try refusal(OriginRule(), authority, ["Origin": "http://\(authority)"]) == nil)
    }

    @Test(
        arguments: [
            "http://localhost:3000, https://evil.example", "http://localhost:3000 https://evil.example",
            "https://evil.example, http://localhost:3000", "http://localhost:3000, http://localhost:3000", "null", "",
            "localhost:3000", "://localhost", "http:/localhost", "ht tp://localhost", "http://localhost:3000/page",
            "http://https://localhost",
        ])
    func whatIsNotOneOriginIsRefused(origin: String) throws {
        for isTrusted in [true, false] {
            #expect(try refusal(OriginRule(), "127.0.0.1", ["Origin": origin], isTrusted: isTrusted) == .forbidden)
        }
        #expect(!OriginRule().allows(origin: origin))
    }

    @Test func twoOriginsInTwoHeadersAreRefused() throws {
        var head = HTTPRequest(method: .post, scheme: "http", authority: "localhost", path: "/embed")
        head.headerFields[values: .origin] = ["http://localhost:3000", "http://localhost:3000"]
        #expect(throws: HearthError.self) { try OriginRule().check(head, isTrusted: true) }
    }

    @Test func pagesOfThisMachineCanBeShutOut() throws {
        let rule = OriginRule(allowedHosts: ["app.example"], admitsLocalPages: false)
        for origin in ["http://localhost:3000", "http://127.0.0.1:3000", "http://[::1]:3000", "https://localhost"] {
            #expect(try refusal(rule, "127.0.0.1:8420", ["Origin": origin]) == .forbidden)
            #expect(!rule.allows(origin: origin), "nor may they read an answer")
        }
        #expect(try refusal(rule, "127.0.0.1:8420", ["Origin": "http://127.0.0.1:8420"]) == nil, "its own pages stay")
        #expect(try refusal(rule, "127.0.0.1:8420", ["Origin": "https://app.example"]) == nil)
        #expect(try refusal(rule, "127.0.0.1:8420") == nil, "and so does whatever is no page")
    }

    @Test func aNameIsNoMatterWhereACredentialIsNeeded() throws {
        #expect(try refusal(OriginRule(), "hearth.example", isTrusted: false) == nil)
        #expect(
            try refusal(OriginRule(), "a", ["Origin": "https://evil.example"], isTrusted: false) == .forbidden)
    }

    @Test func namesOfTheSettingsAreAllowed() throws {
        let rule = OriginRule(allowedHosts: ["Hearth.Example"])
        #expect(try refusal(rule, "hearth.example:8420", ["Origin": "https://hearth.example"]) == nil)
        #expect(try refusal(rule, "evil.example") == .forbidden)
    }

    @Test(
        arguments: [
            ("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-For", "127.0.0.1, 203.0.113.9"),
            ("X-Forwarded-For", "unknown"), ("X-Real-IP", "203.0.113.9"), ("Forwarded", "for=203.0.113.9"),
        ])
    func aServerThatTrustsEveryoneTakesNothingFromAProxy(_ name: String, _ value: String) throws {
        #expect(try refusal(OriginRule(), "127.0.0.1", [name: value]) == .unauthorized)
        #expect(try refusal(OriginRule(), "127.0.0.1", [name: value], isTrusted: false) == nil)
    }

    @Test func aProxyForThisMachineIsTrusted() throws {
        #expect(try refusal(OriginRule(), "127.0.0.1", ["X-Forwarded-For": "127.0.0.1, ::1"]) == nil)
    }
}
