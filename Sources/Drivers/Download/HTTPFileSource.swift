import AsyncHTTPClient
import Foundation
import HearthCore
package import HearthModelLibrary
import NIOCore
import NIOFoundationEssentialsCompat
import NIOHTTP1

/// Files over HTTP, never compressed, with redirects of its own: at most five, and never from https to http.
package final class HTTPFileSource: FileSource {
    private let client: HTTPClient

    /// - Parameters:
    ///   - stall: a server that sends nothing for this long has stalled.
    ///   - connect: how long a connection may take.
    package init(stall: Duration = Limits.downloadStall, connect: Duration = Limits.downloadConnect) {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout = .init(
            connect: .milliseconds(connect.milliseconds), read: .milliseconds(stall.milliseconds))
        // The pool would try a dead server again by itself, for longer than anybody wants to wait.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Closes the connections; call it once, last.
    package func shutDown() async throws { try await client.shutdown() }

    package func open(_ request: FileRequest) async throws -> FileAnswer {
        var address = request.address
        for _ in 0...Limits.downloadRedirects {
            let response = try await send(request, to: address)
            guard (300..<400).contains(response.status.code), response.status != .notModified else {
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

    private func send(_ request: FileRequest, to address: String) async throws -> HTTPClientResponse {
        var call = HTTPClientRequest(url: address)
        call.headers.add(name: "accept-encoding", value: "identity")
        call.headers.add(name: "user-agent", value: "hearth/\(Hearth.version)")
        if request.offset > 0 {
            call.headers.add(name: "range", value: "bytes=\(request.offset)-")
            if let validator = request.validator { call.headers.add(name: "if-range", value: validator) }
        }
        do {
            // The whole may take hours; connecting and each read have limits of their own.
            return try await client.execute(call, deadline: .distantFuture)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw try Self.failure(error, at: address)
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
                .downloadFailed, "\(address) leads from https to http, where anybody could change the file.",
                hint: "Use another mirror, or download it by hand and run `hearth models add`.")
        }
        return target.absoluteString
    }

    private static func head(_ response: HTTPClientResponse) -> FileHead {
        let headers = response.headers
        let length = headers.first(name: "content-length").flatMap { Int($0) }
        let range = ContentRange(headers.first(name: "content-range") ?? "")
        let encodings = headers[canonicalForm: "content-encoding"].map { String($0).lowercased() }.filter {
            $0 != "identity"
        }
        let tag = headers.first(name: "etag").flatMap { $0.hasPrefix("W/") ? nil : $0 }
        return FileHead(
            status: Int(response.status.code), length: length,
            isDelimited: length != nil
                || headers[canonicalForm: "transfer-encoding"].contains { $0.lowercased() == "chunked" }
                || response.version.major >= 2,
            rangeStart: range?.start, rangeTotal: range?.total,
            validator: tag ?? headers.first(name: "last-modified"), encoding: encodings.first,
            retryAfter: headers.first(name: "retry-after").flatMap { Int($0) })
    }

    /// What an error of the client means for a download.
    static func failure(_ error: any Error, at address: String) throws -> any Error {
        let host = URL(string: address)?.host ?? address
        switch error as? HTTPClientError {
        case .readTimeout?: return FileSourceFailure.stalled
        case .connectTimeout?: return FileSourceFailure.unreachable("\(host) does not answer")
        case .invalidURL?, .emptyHost?, .emptyScheme?:
            return HearthError(
                .invalidRequest, "`\(address)` is no address of a file.", hint: "It begins with https://.")
        case .remoteConnectionClosed?: return FileSourceFailure.cut
        case nil where error is HTTPParserError: return FileSourceFailure.cut
        default: return FileSourceFailure.unreachable("\(host) cannot be reached (\(error))")
        }
    }
}

/// The bytes of a response; a broken connection is a ``FileSourceFailure``.
private struct DownloadBody: AsyncSequence {
    let base: HTTPClientResponse.Body

    struct AsyncIterator: AsyncIteratorProtocol {
        var base: HTTPClientResponse.Body.AsyncIterator

        mutating func next() async throws -> Data? { try await next(isolation: #isolation) }

        mutating func next(isolation actor: isolated (any Actor)?) async throws -> Data? {
            do {
                return try await base.next(isolation: actor).map { Data($0.readableBytesView) }
            } catch let error as CancellationError {
                throw error
            } catch {
                throw (error as? HTTPClientError) == .readTimeout ? FileSourceFailure.stalled : .cut
            }
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(base: base.makeAsyncIterator()) }
}
