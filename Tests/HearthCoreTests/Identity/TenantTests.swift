import HearthCore
import Testing

/// Names of tenants that come from outside, and what a grant means in a tenant.
@Suite struct TenantTests {
    @Test(arguments: ["local", "a", "Shop-7", "org_2f.eu", "0", String(repeating: "a", count: 64)])
    func aPlainNameIsATenant(_ name: String) throws { #expect(try Tenant(checking: name).rawValue == name) }

    @Test(
        arguments: [
            "", ".", "..", "-a", "_a", "a b", "a/b", "a\u{0}", "é", "a'", "a\n", String(repeating: "a", count: 65),
        ])
    func anythingElseIsRefused(_ name: String) {
        let error = #expect(throws: HearthError.self) { try Tenant(checking: name) }
        #expect(error?.code == .invalidRequest)
    }

    @Test func onlyTheServersOwnTenantOperatesIt() {
        let other = Tenant(rawValue: "other")
        #expect(Grant.allCases.map { $0.permission(in: .local) } == [.read, .write, .operate])
        #expect(Grant.allCases.map { $0.permission(in: other) } == [.read, .write, .admin])
        #expect(Permission.allCases == Permission.allCases.sorted())
        #expect(Set(Permission.allCases).count == 4)
    }
}
