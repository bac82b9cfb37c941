import Foundation
import HearthCore

/// A server that does nothing: it reads so many bytes and answers with so many. What it takes is the sockets' own time.
final class BenchSink: Sendable {
    let port: Int
    private let listener: Int32

    /// - Throws: ``HearthError`` `internal_error` when there is no free port.
    init() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutableBytes(of: &name) { bytes -> Bool in
            guard let base = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return false }
            return bind(listener, base, size) == 0 && listen(listener, 1) == 0
                && getsockname(listener, base, &size) == 0
        }
        port = Int(in_port_t(bigEndian: name.sin_port))
        guard isBound else { throw HearthError(.internalError, "There is no free port.") }
    }

    deinit { close(listener) }

    /// Serves one connection until it is closed, on the caller's thread.
    func serve(request: Int, answer: Int) {
        let head = "HTTP/1.1 200 OK\r\ncontent-length: "
        var length = answer - head.utf8.count - 8
        if length < 0 { length = 0 }
        let bytes = Array("\(head)\(length)\r\n\r\n".utf8) + [UInt8](repeating: 32, count: length)
        let connection = accept(listener, nil, nil)
        defer { close(connection) }
        var one: Int32 = 1
        setsockopt(connection, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            var left = request
            while left > 0 {
                let count = read(connection, &chunk, min(left, chunk.count))
                guard count > 0 else { return }
                left -= count
            }
            guard write(connection, bytes, bytes.count) == bytes.count else { return }
        }
    }
}
