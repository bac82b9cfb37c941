import AsyncHTTPClient
import HearthCore
import NIOCore
import NIOFoundationEssentialsCompat
import NIOHTTP1

package import struct Foundation.Data

/// Fetches pictures over HTTP, only from addresses that its policy allows.
///
/// A name is resolved once for each step; all of its addresses are checked, and the connection goes to one of them by
/// its number, so that a name that changes its mind (DNS rebinding) leads nowhere else. Redirects are new steps.
package final class RemotePictureFetcher: PictureFetcher {
    /// What one request led to.
    private enum Step {
        case picture(Data)
        case redirect(String)
    }

    private let policy: AddressPolicy
    private let resolver: NameResolver
    private let running = Locked(0)

    package init(policy: AddressPolicy = .internet, resolver: NameResolver = .system()) {
        self.policy = policy
        self.resolver = resolver
    }

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
            // A time that ran out tells of a machine that swallows packets: it is a failure like the others.
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
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.decompression = .disabled
        configuration.httpVersion = .http1Only
        // A port that is closed stays closed.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.dnsOverride = [url.host: address.text, "[\(url.host)]": address.text]
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            let step = try await request(url, limit: limit, client)
            try await client.shutdown()
            return step
        } catch {
            try? await client.shutdown()
            throw error
        }
    }

    private func request(_ url: PictureURL, limit: Int, _ client: HTTPClient) async throws -> Step {
        var request = HTTPClientRequest(url: url.text)
        request.headers = ["accept": "image/*", "user-agent": "hearth/\(Hearth.version)"]
        let response = try await client.execute(request, timeout: .seconds(Limits.fetchTime.components.seconds))
        switch response.status.code {
        case 200: return .picture(Data(try await response.body.collect(upTo: limit).readableBytesView))
        case 301, 302, 303, 307, 308:
            guard let location = response.headers.first(name: "location") else { throw Self.failed(nil) }
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
