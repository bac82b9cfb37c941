import Glibc

/// An address as a socket sees it: 4 or 16 bytes, whatever way it was written.
package struct IPAddress: Sendable, Hashable {
    /// In network order.
    package let bytes: [UInt8]

    /// Reads an address of an `addrinfo`; nil for other families.
    init?(_ address: UnsafePointer<sockaddr>) {
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            bytes = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { address in
                withUnsafeBytes(of: address.pointee.sin_addr) { Array($0) }
            }
        case AF_INET6:
            bytes = address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { address in
                withUnsafeBytes(of: address.pointee.sin6_addr) { Array($0) }
            }
        default: return nil
        }
    }

    /// Reads the usual spelling: four decimal numbers, or RFC 4291.
    package init?(_ text: String) {
        var (four, six) = (in_addr(), in6_addr())
        if inet_pton(AF_INET, text, &four) == 1 {
            bytes = withUnsafeBytes(of: four) { Array($0) }
        } else if inet_pton(AF_INET6, text, &six) == 1 {
            bytes = withUnsafeBytes(of: six) { Array($0) }
        } else {
            return nil
        }
    }

    /// The spelling that has only one meaning.
    package var text: String {
        if bytes.count == 4 { return bytes.map(String.init).joined(separator: ".") }
        return stride(from: 0, to: 16, by: 2)
            .map { String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16) }
            .joined(separator: ":")
    }

    /// Whether it is one of the internet, as IANA's registries of special-purpose addresses have it (RFC 6890).
    package var isPublic: Bool {
        if bytes.count == 4 { return !Self.special4.contains { $0.contains(bytes) } }
        // Both carry an IPv4 address, to which a gateway or the kernel connects (RFC 4291, RFC 6052).
        if Self.mapped.contains(bytes) || Self.translated.contains(bytes) {
            return IPAddress(embedded: Array(bytes[12...])).isPublic
        }
        // All of the internet is in 2000::/3; what lies outside is local, or nowhere.
        return Self.global6.contains(bytes) && !Self.special6.contains { $0.contains(bytes) }
    }

    private init(embedded bytes: [UInt8]) { self.bytes = bytes }

    /// Addresses that share their first bits.
    private struct Block {
        let prefix: [UInt8]
        let bits: Int

        init(_ prefix: [UInt8], _ bits: Int) {
            self.prefix = prefix
            self.bits = bits
        }

        func contains(_ bytes: [UInt8]) -> Bool {
            (0..<bits).allSatisfy { bit in
                let byte = bit / 8
                let wanted = byte < prefix.count ? prefix[byte] : 0
                return (bytes[byte] ^ wanted) & (0x80 >> UInt8(bit % 8)) == 0
            }
        }
    }

    private static let special4 = [
        Block([0], 8), Block([10], 8), Block([100, 64], 10), Block([127], 8), Block([169, 254], 16),
        Block([172, 16], 12), Block([192, 0, 0], 24), Block([192, 0, 2], 24), Block([192, 88, 99], 24),
        Block([192, 168], 16), Block([198, 18], 15), Block([198, 51, 100], 24), Block([203, 0, 113], 24),
        Block([224], 4), Block([240], 4),
        // The host of every machine of one cloud; public by its number, private by its meaning.
        Block([168, 63, 129, 16], 32),
    ]

    private static let mapped = Block([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], 96)
    private static let translated = Block([0x00, 0x64, 0xFF, 0x9B], 96)
    private static let global6 = Block([0x20], 3)
    private static let special6 = [
        // Protocol assignments and Teredo, documentation, 6to4, documentation again.
        Block([0x20, 0x01], 23), Block([0x20, 0x01, 0x0D, 0xB8], 32), Block([0x20, 0x02], 16), Block([0x3F, 0xFF], 20),
    ]
}
