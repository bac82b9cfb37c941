import Foundation
package import HTTPTypes
package import HearthCore

/// Who may come in: the trusted user of a loopback server, or whoever shows the key.
package struct AccessPolicy: Sendable {
    private let apiKey: String?
    private let allowedHosts: Set<String>

    /// - Parameters:
    ///   - apiKey: when set, every request needs `Authorization: Bearer <key>`, `X-API-Key` or `X-Chroma-Token`.
    ///   - allowedHosts: names that browsers may use for this server besides the loopback ones.
    package init(apiKey: String?, allowedHosts: [String] = []) {
        self.apiKey = apiKey
        self.allowedHosts = Set(allowedHosts.map { $0.lowercased() }).union(["localhost", "127.0.0.1", "::1"])
    }

    /// Whether an address is reachable from this machine only. `127.0.0.1.example.com` is a name that anybody can own,
    /// and that can lead anywhere: only numbers count.
    package static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 4 && numbers[0] == "127" && numbers.allSatisfy(isByte)
    }

    /// Whether it is a number from 0 to 255, in digits alone.
    private static func isByte(_ text: Substring) -> Bool {
        text.utf8.count <= 3 && text.utf8.allSatisfy { (0x30...0x39).contains($0) } && UInt8(text) != nil
    }

    /// Whose request it is.
    /// - Parameter isOptional: a request without a credential is let in to read.
    /// - Throws: ``HearthError`` `unauthorized`, or `forbidden` for a page of another site (a browser sends `Origin`; a
    ///   rebound DNS name shows in `Host`).
    package func principal(of head: HTTPRequest, isOptional: Bool = false) throws(HearthError) -> Principal {
        try checkOrigin(of: head)
        guard let apiKey else { return .local }
        guard let shown = Self.credential(of: head), Self.isEqual(shown, apiKey) else {
            if Self.credential(of: head) == nil, isOptional {
                return Principal(tenant: .local, permission: .read)
            }
            throw HearthError(
                .unauthorized, "The API key is missing or wrong.", hint: "Send `Authorization: Bearer <key>`.")
        }
        return .local
    }

    private func checkOrigin(of head: HTTPRequest) throws(HearthError) {
        if let origin = head.headerFields[.origin], !isAllowed(Self.host(ofOrigin: origin)) {
            throw HearthError(
                .forbidden, "Pages of this origin may not call Hearth.",
                hint: "Allow its host by the setting `allowedHosts` (HEARTH_ALLOWED_HOSTS).")
        }
        // A credential cannot be guessed by a rebound name, so only the server that trusts everyone looks at the name.
        if apiKey == nil, let authority = head.authority, !isAllowed(Self.host(ofAuthority: authority)) {
            throw HearthError(
                .forbidden, "This server is not called that.",
                hint: "Allow the name by the setting `allowedHosts` (HEARTH_ALLOWED_HOSTS).")
        }
    }

    /// Whether pages of an origin may call, and read what they are answered.
    package func allows(origin: String) -> Bool { isAllowed(Self.host(ofOrigin: origin)) }

    private func isAllowed(_ host: String?) -> Bool {
        guard let host else { return false }
        return allowedHosts.contains(host) || Self.isLoopback(host)
    }

    private static func host(ofOrigin origin: String) -> String? {
        guard let scheme = origin.range(of: "://") else { return nil }
        return host(ofAuthority: String(origin[scheme.upperBound...]))
    }

    /// The name without port and brackets, in lower case.
    private static func host(ofAuthority authority: String) -> String? {
        let authority = authority.lowercased()
        if authority.hasPrefix("[") { return authority.dropFirst().split(separator: "]").first.map(String.init) }
        return authority.split(separator: ":", omittingEmptySubsequences: false).first.map(String.init)
    }

    private static func credential(of head: HTTPRequest) -> String? {
        for header in ["X-API-Key", "X-Chroma-Token"] {
            if let name = HTTPField.Name(header), let key = head.headerFields[name] { return key }
        }
        guard let value = head.headerFields[.authorization], value.lowercased().hasPrefix("bearer ") else { return nil }
        return value.dropFirst("bearer ".count).trimmingCharacters(in: .whitespaces)
    }

    /// Compares in a time that does not depend on where the difference is.
    private static func isEqual(_ left: String, _ right: String) -> Bool {
        let (left, right) = (Array(left.utf8), Array(right.utf8))
        var difference = left.count ^ right.count
        for index in 0..<right.count { difference |= Int(right[index] ^ (index < left.count ? left[index] : 0)) }
        return difference == 0
    }
}
