package import HearthCore
import HearthJSON

/// Who may send a request once more whose answer was lost with its connection.
package enum MCPRepetition: Sendable, Equatable {
    /// It only reads: it is sent again without its caller being asked.
    case byItself
    /// Its caller, without a thought: the same again changes nothing more.
    case byCaller
    /// Its caller, who has to look before: it would be done twice.
    case afterLooking

    /// What a caller is told whose answer is lost.
    package var lost: HearthError {
        let hint =
            switch self {
            case .byItself: "It was sent twice. Call it again in a moment; jobs that were started are kept."
            case .byCaller: "Call it again: what is done already is not done twice. Jobs that were started are kept."
            case .afterLooking:
                "It may be done already. Look first, list_jobs shows what was started, and call it again only when it "
                    + "was not."
            }
        return HearthError(
            .storageUnavailable, "The connection to the server broke off while it worked on this call.", hint: hint)
    }
}

extension MCPTools {
    /// What holds for a request.
    package func repetition(of request: MCPRequest) -> MCPRepetition {
        switch request.method {
        case "tools/call":
            // A newer server may have tools that this program does not know.
            guard let tool = request.params["name"]?.stringValue.flatMap({ self[$0] }) else { return .afterLooking }
            let hints = tool.operation.hints
            if hints.isReadOnly { return .byItself }
            let key = request.params["arguments"]?["idempotency_key"]?.stringValue ?? ""
            return hints.isIdempotent || !key.isEmpty ? .byCaller : .afterLooking
        // A client that listens has to know that it may have missed something.
        case "subscriptions/listen", "tasks/cancel", "tasks/update": return .byCaller
        default: return .byItself
        }
    }
}
