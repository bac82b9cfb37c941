import Foundation
import HearthCore
import NIOCore
import NIOPosix

/// Whether a server that jobs need accepts connections.
enum ServiceProbe {
    /// Connects to the host and port of an http or https URL, and hangs up.
    static func answers(_ url: String) async -> Bool {
        guard let parts = URLComponents(string: url), let name = parts.host else { return false }
        let host = name.trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        let port = parts.port ?? (parts.scheme == "https" ? 443 : 80)
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.nanoseconds(Limits.needConnect.nanoseconds))
        guard let channel = try? await bootstrap.connect(host: host, port: port).get() else { return false }
        try? await channel.close()
        return true
    }
}
