package import HTTPTypes
package import HearthCore

/// From where a request may come: which pages may send it, by which names this server may be called, and what may be
/// believed of a request that a proxy has passed on.
package struct OriginRule: Sendable {
    private let allowedHosts: Set<String>
    private let admitsLocalPages: Bool

    /// - Parameters:
    ///   - allowedHosts: names that browsers may use for this server besides the loopback ones.
    ///   - admitsLocalPages: whether pages of this machine may call, whatever their port: front ends that are being
    ///     developed. Otherwise only those that this server has sent itself, and those of `allowedHosts`.
    package init(allowedHosts: [String] = [], admitsLocalPages: Bool = true) {
        self.allowedHosts = Set(allowedHosts.map { $0.lowercased() })
        self.admitsLocalPages = admitsLocalPages
    }

    /// Checks a request.
    /// - Parameter isTrusted: whether callers need no credential, so that the address alone lets them in.
    /// - Throws: ``HearthError`` `forbidden` for a page of another site (a browser sends `Origin`); `forbidden` or
    ///   `unauthorized` where everyone is trusted and the request did not come from this machine after all: a rebound
    ///   DNS name shows in `Host`, a proxy says for whom it asks.
    package func check(_ head: HTTPRequest, isTrusted: Bool) throws(HearthError) {
        if let origin = head.headerFields[.origin], !allows(origin: origin), !Self.isOwn(origin, of: head) {
            throw HearthError(
                .forbidden, "Pages of this origin may not call Hearth.",
                hint:
                    "Allow its host by the setting `allowedHosts` (HEARTH_ALLOWED_HOSTS), or pages of this machine by "
                    + "`localPages` (HEARTH_LOCAL_PAGES).")
        }
        guard isTrusted else { return }
        if let authority = head.authority, !isAllowed(WebAuthority(authority)?.host) {
            throw HearthError(
                .forbidden, "This server is not called that.",
                hint: "Allow the name by the setting `allowedHosts` (HEARTH_ALLOWED_HOSTS).")
        }
        guard !Self.isForwarded(head) else {
            throw HearthError(
                .unauthorized, "A proxy passes on requests of others, and this server has no keys.",
                hint: "Make a key by `hearth keys create`; from then on every caller needs one.")
        }
    }

    /// Whether pages of an origin may call, and read what they are answered.
    package func allows(origin: String) -> Bool {
        guard let host = WebAuthority(origin: origin)?.host else { return false }
        return allowedHosts.contains(host) || (admitsLocalPages && Self.isLoopback(host))
    }

    /// Whether a page is of the address that it calls, on this machine: the server has sent it itself.
    private static func isOwn(_ origin: String, of head: HTTPRequest) -> Bool {
        guard let page = WebAuthority(origin: origin), isLoopback(page.host) else { return false }
        return head.authority.flatMap { WebAuthority($0) } == page
    }

    /// Whether an address is reachable from this machine only. `127.0.0.1.example.com` is a name that any person can
    /// own, and that can lead anywhere: only numbers count.
    package static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 4 && numbers[0] == "127" && numbers.allSatisfy(isByte)
    }

    /// Whether it is a number from 0 to 255, in digits alone.
    private static func isByte(_ text: Substring) -> Bool {
        text.utf8.count <= 3 && text.utf8.allSatisfy { (0x30...0x39).contains($0) } && UInt8(text) != nil
    }

    /// Whether a proxy has passed the request on for a client of another machine.
    private static func isForwarded(_ head: HTTPRequest) -> Bool {
        for name in ["X-Forwarded-For", "X-Real-IP"].compactMap({ HTTPField.Name($0) }) {
            for value in head.headerFields[values: name] {
                let addresses = value.split(separator: ",").map { $0.filter { $0 != " " } }
                guard addresses.allSatisfy(isLoopback) else { return true }
            }
        }
        return HTTPField.Name("Forwarded").map { head.headerFields.contains($0) } ?? false
    }

    private func isAllowed(_ host: String?) -> Bool {
        guard let host else { return false }
        return allowedHosts.contains(host) || Self.isLoopback(host)
    }
}
