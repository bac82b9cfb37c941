import Foundation
import HearthCore

/// A blocking HTTP/1.1 connection that costs next to nothing, so that the server is what is measured.
final class BenchConnection {
    /// Where a server listens.
    enum Address: Sendable {
        case port(Int)
        case host(String, Int)
        case socket(String)
    }

    /// Status and body of an answer.
    struct Answer {
        let status: Int
        let head: String
        let body: Data
    }

    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var chunk = [UInt8](repeating: 0, count: 64 << 10)

    /// - Throws: ``HearthError`` `storage_unavailable` when no server listens.
    init(_ address: Address) throws {
        switch address {
        case .port(let port):
            descriptor = Self.stream()
            var name = Self.name(in_addr(s_addr: inet_addr("127.0.0.1")), port)
            try join(&name)
        case .host(let host, let port):
            descriptor = Self.stream()
            guard let address = Self.address(of: host) else {
                throw HearthError(.storageUnavailable, "The host \(host) is not known.")
            }
            var name = Self.name(address, port)
            try join(&name)
        case .socket(let path):
            descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var name = sockaddr_un()
            name.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
            try join(&name)
        }
    }

    deinit { close(descriptor) }

    private static func stream() -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        return descriptor
    }

    private static func name(_ address: in_addr, _ port: Int) -> sockaddr_in {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
        name.sin_addr = address
        return name
    }

    /// The first IPv4 address of a host.
    private static func address(of host: String) -> in_addr? {
        var hints = addrinfo()
        hints.ai_family = AF_INET
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &found) == 0, let found else { return nil }
        defer { freeaddrinfo(found) }
        return found.pointee.ai_addr.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { $0.pointee.sin_addr }
    }

    private func join<Name>(_ name: inout Name) throws {
        let result = withUnsafeBytes(of: &name) { bytes -> Int32 in
            guard let base = bytes.baseAddress else { return -1 }
            return connect(descriptor, base.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
        }
        guard result == 0 else { throw HearthError(.storageUnavailable, "No server listens.") }
    }

    /// Sends a whole request and waits for the whole answer.
    func send(_ request: [UInt8]) throws -> Answer {
        try request.withUnsafeBytes { bytes in
            var sent = 0
            while sent < bytes.count {
                let count = write(descriptor, bytes.baseAddress.map { $0 + sent }, bytes.count - sent)
                guard count > 0 else { throw HearthError(.storageUnavailable, "The connection broke.") }
                sent += count
            }
        }
        acknowledgeAtOnce()
        return try receive()
    }

    /// Some servers send head and body apart and wait for an acknowledgement in between, which the kernel delays by
    /// 40 ms: that would be measured in place of their work.
    private func acknowledgeAtOnce() {
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_QUICKACK, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    /// A request without a body.
    func get(_ path: String) throws -> Answer {
        try send(Array("GET \(path) HTTP/1.1\r\nhost: localhost\r\n\r\n".utf8))
    }

    private func receive() throws -> Answer {
        buffer.removeAll(keepingCapacity: true)
        var end: Int?
        while end == nil {
            try fill()
            end = buffer.indices.dropFirst(3).first {
                buffer[$0] == 10 && buffer[$0 - 1] == 13 && buffer[$0 - 2] == 10
            }
        }
        let bodyStart = (end ?? 0) + 1
        let head = String(decoding: buffer[..<bodyStart], as: UTF8.self)
        var length = 0
        for line in head.split(separator: "\r\n") where line.lowercased().hasPrefix("content-length:") {
            length = Int(line.drop { $0 != ":" }.dropFirst().trimmingCharacters(in: .whitespaces)) ?? 0
        }
        while buffer.count < bodyStart + length { try fill() }
        let status = head.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return Answer(status: status, head: head, body: Data(buffer[bodyStart...]))
    }

    private func fill() throws {
        let count = read(descriptor, &chunk, chunk.count)
        guard count > 0 else { throw HearthError(.storageUnavailable, "The connection broke.") }
        buffer += chunk[..<count]
    }
}
