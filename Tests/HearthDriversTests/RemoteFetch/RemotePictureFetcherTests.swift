import Foundation
import HearthCore
import HearthRemoteFetch
import NIOHTTP1
import Testing

/// URLs from clients must not lead a server into its own network (SSRF; OWASP's cheat sheet has the cases).
@Suite(.timeLimit(.minutes(3))) struct RemotePictureFetcherTests {
    private static let pixel =
        Data(
            base64Encoded:
                "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
        ) ?? Data()

    /// Every port, so that only the address decides; loopback only where a test says so.
    private static func policy(allowsLoopback: Bool) -> AddressPolicy {
        AddressPolicy(allowsPort: { _ in true }) { address in
            address.isPublic || (allowsLoopback && address.bytes.first == 127)
        }
    }

    private func fetch(
        _ url: String, _ fetcher: RemotePictureFetcher, limit: Int = 1 << 20, within time: Duration = .seconds(20)
    ) async throws -> Data {
        try await fetcher.fetch(url, limit: limit, deadline: .now + time)
    }

    @Test(
        arguments: [
            "http://127.0.0.1:PORT/", "http://127.1:PORT/", "http://2130706433:PORT/", "http://0x7f000001:PORT/",
            "http://0x7f.0.0.1:PORT/", "http://0177.0.0.1:PORT/", "http://017700000001:PORT/",
            "http://127.0.0.01:PORT/",
            "http://0:PORT/", "http://0.0.0.0:PORT/", "http://localhost:PORT/", "http://LOCALHOST:PORT/",
            "http://[::1]:PORT/", "http://[::ffff:127.0.0.1]:PORT/", "http://[::ffff:7f00:1]:PORT/",
            "http://[0:0:0:0:0:ffff:7f00:1]:PORT/", "http://[64:ff9b::7f00:1]:PORT/", "http://[2002:7f00:1::]:PORT/",
            "http://[::]:PORT/", "http://[::127.0.0.1]:PORT/", "http://127.0.0.1.:PORT/",
            "http://①②⑦.⓪.⓪.①:PORT/", "http://127。0。0。1:PORT/", "http://user@127.0.0.1:PORT/",
            "http://example.com@127.0.0.1:PORT/", "http://127.0.0.1:PORT\\@example.com/",
            "http://127.0.0.1:PORT#@example.com/", "http://127.0.0.1%2f@example.com:PORT/", "http:127.0.0.1:PORT/",
            "http:///127.0.0.1:PORT/", "http://[fe80::1%25lo]:PORT/", "http://%6c%6f%63%61%6c%68%6f%73%74:PORT/",
            "http://127.0.0.1:PORT /", "http://127.0.0.1:PORT/\r\nX: y", "//127.0.0.1:PORT/", "127.0.0.1:PORT",
            "ftp://127.0.0.1:PORT/", "gopher://127.0.0.1:PORT/", "file:///etc/passwd", "unix:///tmp/x.sock",
            "http+unix://%2Ftmp%2Fx.sock/", "data:image/png;base64,AAAA", "", "http://", "https://localhost:PORT/",
        ])
    func noSpellingReachesTheMachineItself(url: String) async throws {
        try await WebServer.run({ _, _ in .init(body: Self.pixel) }) { server in
            let fetcher = RemotePictureFetcher(policy: Self.policy(allowsLoopback: false))
            let text = url.replacing("PORT", with: String(server.port))
            let error = await #expect(throws: HearthError.self, "\(text)") { try await fetch(text, fetcher) }
            #expect(error?.code == .invalidRequest)
            #expect(server.connections.withLock { $0 } == 0, "\(text) was connected to")
        }
    }

    @Test(arguments: ["http://1.1.1.1:22/", "http://1.1.1.1:8080/", "https://1.1.1.1:6379/", "http://1.1.1.1:0/"])
    func onlyTheWebsPortsAreAllowed(url: String) async {
        let asked = Locked(0)
        let resolver = NameResolver { _ in
            asked.withLock { $0 += 1 }
            return []
        }
        let fetcher = RemotePictureFetcher(policy: .internet, resolver: resolver)
        let error = await #expect(throws: HearthError.self) { try await fetch(url, fetcher) }
        #expect(error?.code == .invalidRequest)
        #expect(asked.withLock { $0 } == 0, "it is not even looked up")
    }

    /// A name with good and bad addresses is refused, whichever comes first.
    @Test(arguments: [["127.0.0.1", "1.1.1.1"], ["1.1.1.1", "127.0.0.1"], ["1.1.1.1", "::1"], []])
    func everyAddressOfANameMustBeGood(addresses: [String]) async throws {
        try await WebServer.run({ _, _ in .init(body: Self.pixel) }) { server in
            let resolver = NameResolver { _ in addresses.compactMap { IPAddress($0) } }
            let fetcher = RemotePictureFetcher(policy: Self.policy(allowsLoopback: false), resolver: resolver)
            await #expect(throws: HearthError.self) { try await fetch("http://a.example:\(server.port)/", fetcher) }
            #expect(server.connections.withLock { $0 } == 0)
        }
    }

    /// The name is asked for once and the connection goes to the address that was checked, whatever it says next.
    @Test func aNameThatChangesItsMindLeadsNowhereElse() async throws {
        try await WebServer.run({ _, headers in
            .init(body: headers.first(name: "host")?.hasPrefix("rebound.example") == true ? Self.pixel : Data())
        }) { good in
            let asked = Locked(0)
            let resolver = NameResolver { _ in
                let isFirst = asked.withLock { asked in
                    asked += 1
                    return asked == 1
                }
                return [IPAddress(isFirst ? "127.0.0.1" : "10.0.0.1")].compactMap { $0 }
            }
            let fetcher = RemotePictureFetcher(policy: Self.policy(allowsLoopback: true), resolver: resolver)
            let picture = try await fetch("http://rebound.example:\(good.port)/", fetcher)
            #expect(picture == Self.pixel)
            #expect(asked.withLock { $0 } == 1)
            #expect(good.connections.withLock { $0 } == 1)
        }
    }

    @Test(
        arguments: [
            "http://127.0.0.2:PORT/", "http://2130706434:PORT/", "//127.0.0.2:PORT/x", "http://[::1]:PORT/",
            "file:///etc/passwd", "http://user:secret@127.0.0.1:PORT/",
        ])
    func aRedirectIsCheckedLikeTheFirstURL(location: String) async throws {
        try await WebServer.run(host: "127.0.0.2", { _, _ in .init(body: Self.pixel) }) { hidden in
            try await WebServer.run({ _, _ in
                .init(status: .found, headers: [("location", location.replacing("PORT", with: String(hidden.port)))])
            }) { server in
                let policy = AddressPolicy(allowsPort: { _ in true }) { $0.text == "127.0.0.1" }
                let fetcher = RemotePictureFetcher(policy: policy)
                let error = await #expect(throws: HearthError.self) {
                    try await fetch("http://127.0.0.1:\(server.port)/", fetcher)
                }
                #expect(error?.code == .invalidRequest)
                #expect(server.connections.withLock { $0 } == 1)
                #expect(hidden.connections.withLock { $0 } == 0)
            }
        }
    }

    @Test(arguments: [(3, true), (4, false)])
    func redirectsAreFollowedThreeTimes(count: Int, arrives: Bool) async throws {
        try await WebServer.run({ path, _ in
            let step = Int(path.dropFirst()) ?? 0
            guard step < count else { return .init(body: Self.pixel) }
            return .init(status: .found, headers: [("location", "/\(step + 1)")])
        }) { server in
            let fetcher = RemotePictureFetcher(policy: Self.policy(allowsLoopback: true))
            let picture = try? await fetch("http://127.0.0.1:\(server.port)/0", fetcher)
            #expect((picture == Self.pixel) == arrives)
        }
    }

    /// A caller must not tell a closed port from a page of the intranet, nor an unknown name from a private one.
    @Test func allFailuresReadTheSame() async throws {
        let secret = "the-intranet's-secret"
        try await WebServer.run({ path, _ in
            switch path {
            case "/text": .init(body: Data(secret.utf8))
            case "/missing": .init(status: .notFound, body: Data(secret.utf8))
            case "/login": .init(status: .unauthorized, headers: [("www-authenticate", secret)])
            case "/loop": .init(status: .found, headers: [("location", "/loop")])
            case "/nowhere": .init(status: .found)
            case "/large": .init(body: Data(repeating: 0x89, count: 4_096))
            case "/stalled": .init(body: Self.pixel, isStalled: true)
            default: .init(body: Data())
            }
        }) { server in
            let resolver = NameResolver { name in [IPAddress(name)].compactMap { $0 } }
            let fetcher = RemotePictureFetcher(policy: Self.policy(allowsLoopback: true), resolver: resolver)
            var messages: Set<String> = []
            for path in ["text", "missing", "login", "loop", "nowhere", "large", "stalled", "empty"] {
                let error = await #expect(throws: HearthError.self, "\(path)") {
                    try await fetch(
                        "http://127.0.0.1:\(server.port)/\(path)", fetcher, limit: 1_024,
                        within: path == "stalled" ? .milliseconds(300) : .seconds(20))
                }
                messages.insert(error?.description ?? "")
            }
            for url in ["http://127.0.0.1:1/", "http://10.0.0.1:81/", "http://no-such-name.example/"] {
                let error = await #expect(throws: HearthError.self) { try await fetch(url, fetcher) }
                messages.insert(error?.description ?? "")
            }
            #expect(messages.count == 1, "\(messages)")
            #expect(!messages.joined().contains(secret))
        }
    }

    @Test func tooManyAtOnceAreRefused() async throws {
        let (arrivals, arrived) = AsyncStream<Void>.makeStream()
        let (gate, open) = AsyncStream<Void>.makeStream()
        let resolver = NameResolver { _ in
            arrived.yield()
            for await _ in gate {}
            return []
        }
        let fetcher = RemotePictureFetcher(resolver: resolver)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<Limits.fetches {
                group.addTask { _ = try? await fetch("http://a.example/", fetcher) }
            }
            var iterator = arrivals.makeAsyncIterator()
            for _ in 0..<Limits.fetches { await iterator.next() }
            let error = await #expect(throws: HearthError.self) { try await fetch("http://a.example/", fetcher) }
            #expect(error?.code == .overloaded)
            open.finish()
            group.cancelAll()
        }
    }
}
