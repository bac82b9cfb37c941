import Foundation
import HearthDoors

/// The addresses by which other machines reach a server.
enum OpenAddresses {
    /// What is said of a server that is open to the network; nil: only this machine reaches it.
    static func line(_ settings: Settings, port: Int, of machine: [String] = machine()) -> String? {
        guard !OriginRule.isLoopback(settings.host) else { return nil }
        let urls = hosts(settings.host, of: machine).map { settings.url(of: $0, port: port) }
        let places = urls.isEmpty ? "" : ", at \(urls.joined(separator: " and "))"
        return "It is open to the network\(places): every caller with a key is let in."
    }

    /// The addresses that a server with this host listens on, without those that only this machine reaches.
    static func hosts(_ host: String, of machine: [String]) -> [String] {
        switch host {
        case "0.0.0.0": machine.filter { !$0.contains(":") }
        // IPv4 is taken as well.
        case "::": machine
        default: [host]
        }
    }

    /// The addresses of this machine that others may reach: neither loopback ones nor those of a single link.
    static func machine() -> [String] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return [] }
        defer { freeifaddrs(first) }
        var found: [String] = []
        var next = first
        while let entry = next?.pointee {
            if let address = entry.ifa_addr.flatMap(text) { found.append(address) }
            next = entry.ifa_next
        }
        return found.filter { !OriginRule.isLoopback($0) && !$0.hasPrefix("fe80:") }
    }

    /// An address in digits; nil for one that is not of IP.
    private static func text(_ address: UnsafeMutablePointer<sockaddr>) -> String? {
        let length: Int
        switch Int32(address.pointee.sa_family) {
        case AF_INET: length = MemoryLayout<sockaddr_in>.size
        case AF_INET6: length = MemoryLayout<sockaddr_in6>.size
        default: return nil
        }
        var digits = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let status = getnameinfo(
            address, socklen_t(length), &digits, socklen_t(digits.count), nil, 0, NI_NUMERICHOST)
        guard status == 0 else { return nil }
        return String(decoding: digits.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
