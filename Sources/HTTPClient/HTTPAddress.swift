import Foundation

/// An `http` or `https` address, taken apart once.
package struct HTTPAddress: Sendable, Hashable {
    package let isEncrypted: Bool
    /// A name or an address by number, without brackets.
    package let host: String
    package let port: Int
    /// Path and query as they stand in the request line.
    package let target: String

    /// - Parameter text: a URL; a fragment, a user name and a password in it are left out.
    /// - Returns: nil for another scheme, or without a host.
    package init?(_ text: String) {
        guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            ["http", "https"].contains(scheme), let host = parts.host, !host.isEmpty
        else { return nil }
        isEncrypted = scheme == "https"
        self.host = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        port = parts.port ?? (isEncrypted ? 443 : 80)
        let path = parts.percentEncodedPath.hasPrefix("/") ? parts.percentEncodedPath : "/\(parts.percentEncodedPath)"
        target = path + (parts.percentEncodedQuery.map { "?\($0)" } ?? "")
    }

    /// The value of the field `Host`.
    package var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isEncrypted ? 443 : 80) ? name : "\(name):\(port)"
    }
}
