import Foundation
import HearthCore

/// Whether a server could listen at an address, found out by taking the address for a moment.
enum ListenAddress {
    /// - Throws: ``HearthError`` that names the address and the way out.
    static func check(host: String, port: Int) throws(HearthError) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &found) == 0, let address = found?.pointee else {
            throw HearthError(
                .invalidConfiguration, "`\(host)` is no address of this machine: the name is unknown.",
                hint: "--host and HEARTH_HOST take 127.0.0.1, 0.0.0.0 or another address of this machine.")
        }
        defer { freeaddrinfo(found) }
        let descriptor = socket(address.ai_family, address.ai_socktype, 0)
        guard descriptor >= 0 else { throw refusal(errno, host: host, port: port) }
        defer { close(descriptor) }
        // As the server does: what a server that has just ended leaves behind is not in the way.
        var isReused: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &isReused, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, address.ai_addr, address.ai_addrlen) == 0 else {
            throw refusal(errno, host: host, port: port)
        }
    }

    /// The same error, when it says that the address is taken, with the Hearth that has it.
    static func explained(_ error: HearthError, host: String, port: Int, url: String) async -> HearthError {
        guard error.code == .conflict else { return error }
        if let server = RunningServer.all().first(where: { $0.port == port }) {
            return taken(host: host, port: port, by: server)
        }
        return await APIClient.isHearth(at: url) ? taken(host: host, port: port, by: nil) : error
    }

    /// The error about an address that another Hearth has.
    /// - Parameter server: nil: one of another user, of which no more can be seen.
    static func taken(host: String, port: Int, by server: RunningServer?) -> HearthError {
        let place = shown(host, port)
        let wayOut = "take another port by --port or HEARTH_PORT (0 takes a free one)"
        guard let server else {
            return HearthError(
                .conflict, "Another Hearth server listens at \(place) already; its data folder cannot be seen.",
                hint: "Commands reach it by --url. To start a second one, \(wayOut).")
        }
        return HearthError(
            .conflict,
            "Another Hearth server listens at \(place) already: process \(server.pid), data in \(server.data).",
            hint: "Commands reach it by --data \(server.data). Stop it (`kill \(server.pid)`), or \(wayOut).")
    }

    private static func shown(_ host: String, _ port: Int) -> String {
        "\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }

    /// What it means that an address cannot be taken.
    /// - Parameter number: the number of the system's error.
    static func refusal(_ number: Int32, host: String, port: Int) -> HearthError {
        let shown = shown(host, port)
        return switch number {
        case EADDRINUSE:
            HearthError(
                .conflict, "Another program listens at \(shown) already.",
                hint: "Take another port by --port or HEARTH_PORT (0 takes a free one), or end that program.")
        case EADDRNOTAVAIL:
            HearthError(
                .invalidConfiguration, "This machine has no address \(host).",
                hint: "--host and HEARTH_HOST take 127.0.0.1, 0.0.0.0 or another address of this machine.")
        case EACCES, EPERM:
            HearthError(
                .forbidden, "This user may not listen at port \(port).",
                hint: "Take a port from 1024 on by --port or HEARTH_PORT, behind a proxy if need be.")
        default:
            HearthError(
                .invalidConfiguration,
                "The server cannot listen at \(shown): \(String(cString: strerror(number)).lowercased()).",
                hint: "Take another address by --host and --port.")
        }
    }
}
