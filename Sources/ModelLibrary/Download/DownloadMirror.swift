import Foundation
import HearthCore

/// Another place for all downloads: `HEARTH_MODEL_MIRROR`.
///
/// An address on huggingface.co keeps its path below the mirror, as mirrors of the hub (and `HF_ENDPOINT`) have it:
/// `https://huggingface.co/a/b` becomes `MIRROR/a/b`. Any other address keeps its host too:
/// `https://github.com/a/b` becomes `MIRROR/github.com/a/b`.
package struct DownloadMirror: Sendable, Equatable {
    private static let hub = "huggingface.co"
    private let base: String?

    /// - Parameter base: nil or empty: no mirror.
    /// - Throws: ``HearthError`` `invalid_configuration` when it is no address.
    package init(_ base: String?) throws {
        guard let base, !base.isEmpty else {
            self.base = nil
            return
        }
        guard let url = URL(string: base), ["http", "https"].contains(url.scheme?.lowercased() ?? ""),
            url.host?.isEmpty == false, url.query == nil, url.fragment == nil
        else {
            throw HearthError(
                .invalidConfiguration, "The mirror `\(base)` is no address.",
                hint: "HEARTH_MODEL_MIRROR is a base such as https://mirror.example/models.")
        }
        self.base = base.hasSuffix("/") ? String(base.dropLast()) : base
    }

    /// Where the mirror has what lies at an address.
    package func address(of original: String) -> String {
        guard let base, let parts = URLComponents(string: original), let host = parts.host else { return original }
        let port = parts.port.map { ":\($0)" } ?? ""
        let query = parts.percentEncodedQuery.map { "?\($0)" } ?? ""
        let place = host == Self.hub ? "" : "/\(host)\(port)"
        return base + place + parts.percentEncodedPath + query
    }

    /// What may be downloaded: https; plain http only when a digest proves the bytes, or from this machine.
    /// - Throws: ``HearthError`` `invalid_request`.
    package static func check(_ address: String, sha256: String?) throws {
        let url = URL(string: address)
        switch url?.scheme?.lowercased() {
        case "https" where url?.host?.isEmpty == false: return
        case "http" where url?.host?.isEmpty == false:
            guard sha256 == nil, !["127.0.0.1", "localhost", "[::1]", "::1"].contains(url?.host ?? "") else { return }
            throw HearthError(
                .invalidRequest, "\(address) is plain http, and no SHA-256 says what should arrive.",
                hint: "Use https, or give the digest (--sha256, or `files` in a manifest).")
        default:
            throw HearthError(
                .invalidRequest, "`\(address)` is no address of a file.", hint: "It begins with https://.")
        }
    }
}
