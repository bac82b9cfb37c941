import Foundation
import HearthCore

/// A URL that may be fetched, taken apart once and put together again, so that no reader understands it in another way.
struct PictureURL: Sendable {
    /// In lower case, without brackets.
    let host: String
    let text: String

    /// - Throws: ``HearthError`` `invalid_request`.
    init(_ text: String, policy: AddressPolicy) throws(HearthError) {
        guard text.utf8.count <= Limits.urlLength else {
            throw HearthError(
                .invalidRequest, "The URL is longer than \(Limits.urlLength) characters.",
                hint: "Send the picture itself in base64.")
        }
        // Blanks, controls and backslashes are where readers of URLs differ.
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }),
            let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            ["http", "https"].contains(scheme), let host = parts.host, parts.user == nil, parts.password == nil
        else { throw Self.refused() }
        try self.init(scheme: scheme, host: host, parts: parts, policy: policy)
    }

    private init(
        scheme: String, host: String, parts: URLComponents, policy: AddressPolicy
    ) throws(HearthError) {
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        let name = (isBracketed ? String(host.dropFirst().dropLast()) : host).lowercased()
        let isAddress = name.contains(":")
        let port = parts.port ?? (scheme == "https" ? 443 : 80)
        guard !name.isEmpty, name.utf8.count <= 253, policy.allowsPort(port),
            name.utf8.allSatisfy({ isAddress ? Self.isAddressByte($0) : Self.isNameByte($0) })
        else { throw Self.refused() }
        let path = parts.percentEncodedPath.hasPrefix("/") ? parts.percentEncodedPath : "/"
        let query = parts.percentEncodedQuery.map { "?\($0)" } ?? ""
        text = "\(scheme)://\(isAddress ? "[\(name)]" : name):\(port)\(path)\(query)"
        self.host = name
        // The client that connects reads the text again: it must find the host whose address is checked.
        let read = URL(string: text)?.host
        guard read == name || read == "[\(name)]" else { throw Self.refused() }
    }

    /// Where a redirect leads.
    /// - Throws: ``HearthError`` `invalid_request`.
    func redirected(to location: String, policy: AddressPolicy) throws(HearthError) -> PictureURL {
        guard location.utf8.count <= Limits.urlLength, let base = URL(string: text),
            let next = URL(string: location, relativeTo: base)
        else { throw Self.refused() }
        return try PictureURL(next.absoluteString, policy: policy)
    }

    static func refused() -> HearthError {
        HearthError(
            .invalidRequest, "The URL is not one that Hearth fetches.",
            hint: "http and https on their own ports, without a user name; or send the picture itself in base64.")
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "-._".utf8.contains(byte)
        }
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: ":.".utf8.contains(byte)
        }
    }
}
