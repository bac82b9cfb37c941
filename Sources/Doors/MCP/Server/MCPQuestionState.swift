import Crypto
import Foundation
import HearthCore
import HearthJSON

/// What the server has to know again when a client repeats a call with its user's answer.
///
/// It travels through the client, and is believed only with our own seal on it: for the same caller, the same tool and
/// the same arguments, and for a while. The key of the seal is made at each start of the server.
struct MCPQuestionState: Sendable {
    private let key = SymmetricKey(size: .bits256)
    private let clock: any WallClock

    init(clock: any WallClock) { self.clock = clock }

    /// A sealed text for a call.
    func seal(tool: String, arguments: JSONObject, for principal: Principal) -> String {
        let end = clock.now() + Limits.mcpQuestionLife.milliseconds
        return "\(end).\(Self.text(of: code(end, tool, arguments, principal)))"
    }

    /// Whether a text is ours, for this call, and not too old.
    func accepts(_ text: String, tool: String, arguments: JSONObject, for principal: Principal) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let end = Int64(parts[0]), end > clock.now(),
            let shown = Data(base64Encoded: String(parts[1]))
        else { return false }
        return HMAC<SHA256>.isValidAuthenticationCode(
            shown, authenticating: Self.message(end, tool, arguments, principal), using: key)
    }

    private func code(
        _ end: Int64, _ tool: String, _ arguments: JSONObject, _ principal: Principal
    ) -> HMAC<SHA256>.MAC {
        HMAC<SHA256>.authenticationCode(for: Self.message(end, tool, arguments, principal), using: key)
    }

    /// A JSON list, in which no text can end early and pass for two.
    private static func message(
        _ end: Int64, _ tool: String, _ arguments: JSONObject, _ principal: Principal
    ) -> Data {
        let sorted = JSONValue.object(arguments.sortedByKey())
        let parts: JSONValue = [
            .int(end), .string(tool), sorted, .string(principal.tenant.rawValue), .string(principal.keyID ?? ""),
        ]
        return parts.encoded()
    }

    private static func text(of code: HMAC<SHA256>.MAC) -> String { Data(code).base64EncodedString() }
}
