import Glibc
package import NIOPosix

/// The addresses of a name, asked for once, so that the checked addresses are those of the connection.
package struct NameResolver: Sendable {
    package var addresses: @Sendable (_ name: String) async throws -> [IPAddress]

    package init(addresses: @escaping @Sendable (_ name: String) async throws -> [IPAddress]) {
        self.addresses = addresses
    }

    /// The system's resolver, which also reads every spelling of an address that a C library knows (`0x7f.1`).
    package static func system(threads: NIOThreadPool = .singleton) -> NameResolver {
        NameResolver { name in try await threads.runIfActive { lookUp(name) } }
    }

    /// Blocks; empty when the name has no address.
    private static func lookUp(_ name: String) -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var addresses: [IPAddress] = []
        var next = list
        while let entry = next {
            if let address = entry.pointee.ai_addr, let read = IPAddress(address) { addresses.append(read) }
            next = entry.pointee.ai_next
        }
        return addresses
    }
}
