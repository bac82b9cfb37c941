import HearthCore
import HearthHTTPClient
import NIOCore
import NIOFoundationEssentialsCompat
import NIOHTTP1

package import struct Foundation.Data

/// Fetches pictures over HTTP, only from addresses that its policy allows.
///
/// A name is resolved once for each step; all of its addresses are checked, and the connection goes to one of them by
/// its number, so that a changed DNS answer (DNS rebinding) has no effect. Redirects are new steps.
package final class RemotePictureFetcher: PictureFetcher {
    /// What one request led to.
    private enum Step {
        case picture(Data)
        case redirect(String)
    }

    private let policy: AddressPolicy
    private let resolver: NameResolver
    private let running = Locked(0)
    private let client = HTTPClient(
        .init(connect: TimeAmount(Limits.fetchTime), read: TimeAmount(Limits.fetchTime)))

    package init(policy: AddressPolicy = .internet, resolver: NameResolver = .system()) {
        self.policy = policy
        self.resolver = resolver
    }

    /// The bytes behind a URL.
    /// - Throws: ``HearthError`` `invalid_request`, in the same words for every cause, and `overloaded`;
    ///   `CancellationError`.
    package func fetch(_ url: String, limit: Int, deadline: ContinuousClock.Instant) async throws -> Data {
        let first = try PictureURL(url, policy: policy)
        try enter()
        defer { running.withLock { $0 -= 1 } }
        do {
            return try await withDeadline(min(deadline, .now + Limits.fetchTime), "Fetching the URL") {
                try await self.follow(first, limit: limit)
            }
        } catch let error as CancellationError {
            throw error
        } catch let error as HearthError where error.code == .invalidRequest {
            throw error
        } catch {
            // A timeout would reveal a host that drops packets, so it is reported like every other failure.
            throw Self.failed(error)
        }
    }

    private func enter() throws(HearthError) {
        let isIn = running.withLock { running in
            guard running < Limits.fetches else { return false }
            running += 1
            return true
        }
        guard isIn else { throw HearthError(.overloaded, "Too many URLs are being fetched.", retryAfter: 1) }
    }

    private func follow(_ url: PictureURL, limit: Int) async throws -> Data {
        var url = url
        for _ in 0...Limits.fetchRedirects {
            switch try await step(url, limit: limit) {
            case .picture(let bytes):
                do {
                    _ = try ImageProbe.inspect(bytes)
                } catch {
                    throw Self.failed(error)
                }
                return bytes
            case .redirect(let location): url = try url.redirected(to: location, policy: policy)
            }
        }
        throw Self.failed(nil)
    }

    private func step(_ url: PictureURL, limit: Int) async throws -> Step {
        let addresses = try await resolver.addresses(url.host)
        // One bad address among good ones is how a rebound name looks.
        guard let address = addresses.first, addresses.allSatisfy(policy.allowsAddress) else { throw Self.failed(nil) }
        guard let target = HTTPAddress(url.text), target.host == url.host else { throw PictureURL.refused() }
        var call = HTTPCall(target, headers: ["accept": "image/*", "user-agent": "hearth/\(Hearth.version)"])
        call.numericAddress = address.text
        let reply = try await client.send(call)
        switch reply.status {
        case 200: return .picture(Data(try await reply.body.collect(upTo: limit).readableBytesView))
        case 301, 302, 303, 307, 308:
            guard let location = reply.headers.first(name: "location") else { throw Self.failed(nil) }
            return .redirect(location)
        default: throw Self.failed(nil)
        }
    }

    /// One message for an address that is not allowed, a name that does not exist, and everything an answer can be.
    private static func failed(_ cause: (any Error)?) -> HearthError {
        HearthError(
            .invalidRequest, "The URL led to no picture that Hearth may fetch.",
            hint: "It must be a picture at an address of the internet; or send the picture itself in base64.",
            cause: cause)
    }
}
