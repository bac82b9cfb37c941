import Foundation
import HearthCore
import HearthHTTPClient
package import HearthModelLibrary
import NIOCore
import NIOFoundationEssentialsCompat
import NIOHTTP1

/// Files over HTTP, never compressed, with redirects of its own: at most five, and never from https to http.
package struct HTTPFileSource: FileSource {
    private let client: HTTPClient

    /// - Parameters:
    ///   - stall: a server that sends nothing for this long has stalled.
    ///   - connect: how long a connection may take.
    package init(stall: Duration = Limits.downloadStall, connect: Duration = Limits.downloadConnect) {
        client = HTTPClient(.init(connect: TimeAmount(connect), read: TimeAmount(stall)))
    }

    /// A source that trusts the certificates of a PEM file besides those of the system: a mirror within a company.
    /// - Throws: what NIOSSL throws for a file that is missing or holds no certificate.
    package init(trustingAlso file: String) throws {
        client = try HTTPClient(
            .init(connect: TimeAmount(Limits.downloadConnect), read: TimeAmount(Limits.downloadStall)),
            trustingAlso: file)
    }

    /// Asks for a file and returns its head and its body as it arrives.
    /// - Throws: ``FileSourceFailure`` for what may pass, ``HearthError`` for what will not.
    package func open(_ request: FileRequest) async throws -> FileAnswer {
        var address = request.address
        for _ in 0...Limits.downloadRedirects {
            let response = try await send(request, to: address)
            guard (300..<400).contains(response.status), response.status != 304 else {
                return FileAnswer(head: Self.head(response), body: DownloadBody(base: response.body))
            }
            address = try Self.target(response.headers.first(name: "location"), from: address)
        }
        throw HearthError(
            .downloadFailed,
            "\(request.address) leads from one address to the next, more than "
                + "\(Limits.downloadRedirects) times.",
            hint: "Use the address of the file itself.")
    }

    private func send(_ request: FileRequest, to address: String) async throws -> HTTPReply {
        guard let url = HTTPAddress(address) else {
            throw HearthError(
                .invalidRequest, "`\(address)` is no address of a file.", hint: "It begins with https://.")
        }
        var call = HTTPCall(url, headers: ["accept-encoding": "identity", "user-agent": "hearth/\(Hearth.version)"])
        if request.offset > 0 {
            call.headers.add(name: "range", value: "bytes=\(request.offset)-")
            if let validator = request.validator { call.headers.add(name: "if-range", value: validator) }
        }
        do {
            return try await client.send(call)
        } catch let error as HTTPCallFailure {
            throw try Self.failure(error, at: url.host)
        }
    }

    /// Where a redirect leads.
    static func target(_ location: String?, from address: String) throws -> String {
        guard let location, let base = URL(string: address),
            let target = URL(string: location, relativeTo: base)?.absoluteURL,
            let scheme = target.scheme?.lowercased(), ["http", "https"].contains(scheme), target.host != nil
        else {
            throw HearthError(.downloadFailed, "\(address) leads to another address that cannot be used.")
        }
        guard base.scheme?.lowercased() != "https" || scheme == "https" else {
            throw HearthError(
                .downloadFailed, "\(address) leads from https to http, so the file could be changed on the way.",
                hint: "Use another mirror, or download it yourself and run `hearth models add`.")
        }
        return target.absoluteString
    }

    private static func head(_ response: HTTPReply) -> FileHead {
        let headers = response.headers
        let length = headers.first(name: "content-length").flatMap { Int($0) }
        let range = ContentRange(headers.first(name: "content-range") ?? "")
        let encodings = headers[canonicalForm: "content-encoding"].map { String($0).lowercased() }.filter {
            $0 != "identity"
        }
        let tag = headers.first(name: "etag").flatMap { $0.hasPrefix("W/") ? nil : $0 }
        return FileHead(
            status: response.status, length: length,
            isDelimited: length != nil
                || headers[canonicalForm: "transfer-encoding"].contains { $0.lowercased() == "chunked" },
            rangeStart: range?.start, rangeTotal: range?.total,
            validator: tag ?? headers.first(name: "last-modified"), encoding: encodings.first,
            retryAfter: headers.first(name: "retry-after").flatMap { Int($0) })
    }

    /// What a failure of the call means for a download.
    /// - Throws: ``HearthError`` `download_failed` for what no further attempt changes.
    static func failure(_ failure: HTTPCallFailure, at host: String) throws(HearthError) -> FileSourceFailure {
        switch failure {
        case .readTimeout: .stalled
        case .connectTimeout: .unreachable("\(host) does not answer")
        case .cut: .cut
        case .unreachable(let reason): .unreachable("\(host) cannot be reached (\(reason))")
        case .untrusted(let reason):
            throw HearthError(
                .downloadFailed, "\(host) is not trusted: \(reason).",
                hint: "Use another mirror, or download it yourself and run `hearth models add`.")
        }
    }
}

/// The bytes of an answer; a broken connection is a ``FileSourceFailure``.
private struct DownloadBody: AsyncSequence {
    let base: HTTPReplyBody

    struct AsyncIterator: AsyncIteratorProtocol {
        var base: HTTPReplyBody.AsyncIterator

        mutating func next() async throws -> Data? { try await next(isolation: #isolation) }

        mutating func next(isolation actor: isolated (any Actor)?) async throws -> Data? {
            do {
                return try await base.next(isolation: actor).map { Data($0.readableBytesView) }
            } catch let error as HTTPCallFailure {
                throw error == .readTimeout ? FileSourceFailure.stalled : .cut
            }
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(base: base.makeAsyncIterator()) }
}
