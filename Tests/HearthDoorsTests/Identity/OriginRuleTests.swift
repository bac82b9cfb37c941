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
