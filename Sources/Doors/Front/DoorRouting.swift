package import HTTPTypes
package import HearthCore
package import HearthHTTP
package import Hummingbird
package import Logging
import NIOCore

/// Leads requests to the routes of all doors: the router for HTTP, and the decision on WebSockets.
package struct DoorRouting: Sendable {
    private let table: RouteTable
    private let admission: Admission
    private let budget: BodyBudget
    private let compression: AnswerCompression?
    private let allowsOrigin: CrossOrigin.Rule

    /// - Parameters:
    ///   - deflater: packs answers for clients that take them so; nil: none are.
    ///   - allowsOrigin: whether pages of an origin may read answers.
    /// - Throws: ``HearthError`` `invalid_configuration` when two doors answer the same requests.
    package init(
        _ doors: [any Door], admission: Admission, budget: BodyBudget, deflater: (any ContentDeflater)? = nil,
        allowsOrigin: @escaping CrossOrigin.Rule = { _ in false }
    ) throws(HearthError) {
        let routes = doors.flatMap(\.routes)
        table = try RouteTable(routes + DescriptionDoor(routes).routes, of: doors)
        self.admission = admission
        self.budget = budget
        compression = deflater.map { AnswerCompression($0) }
        self.allowsOrigin = allowsOrigin
    }

    /// All routes, `/openapi.json` among them.
    package var routes: [DoorRoute] { table.routes }

    /// Whether a request is answered on its connection's own thread.
    package func isQuick(_ head: HTTPRequest) -> Bool { table.isQuick(head) }

    /// A router with every route, and HEAD where there is GET.
    package func router() -> Router<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self, options: .autoGenerateHeadEndpoints)
        let table = table
        router.add(middleware: RequestMetrics())
        router.add(middleware: CrossOrigin(allowsOrigin))
        router.add(
            middleware: ErrorMiddleware(
                allowedMethods: table.methods(at:), rate: admission.rate(ofUnrouted:), shape: table.errorShape(_:at:)))
        router.add(middleware: RequestRules())
        for route in table.routes {
            let pattern = PathPattern(route.path)
            let names = pattern.parameters
            let rest = pattern.restParameter
            router.on(pattern.routerPath, method: route.method) { request, context in
                let parameters = names.map { name -> (name: String, value: String) in
                    guard name == rest else { return (name, context.parameters.get(name) ?? "") }
                    return (name, context.parameters.getCatchAll().joined(separator: "/"))
                }
                return try await answer(request, at: route, parameters, logger: context.logger)
            }
        }
        return router
    }

    private func answer(
        _ request: Request, at route: DoorRoute, _ parameters: [(name: String, value: String)], logger: Logger
    ) async throws -> Response {
        let response = try await admission.admit(request.head, to: route) { caller in
            let (request, isIndented) = try IndentedAnswer.read(request, at: route)
            try route.checkQuery(request.uri.query)
            guard case .response(let answer) = route.handler else {
                throw HearthError(
                    .upgradeRequired, "This path is a WebSocket.", hint: "Ask for it with `Upgrade: websocket`.")
            }
            let call = try DoorCall(
                request, at: route, parameters: parameters, caller: caller, budget: budget, logger: logger)
            let response = try await answer(call)
            // Counted as it lies in memory: lines are made while it is sent.
            let counted = try HeldAnswer.counted(response, of: route, by: budget, holders: call.holders)
            return isIndented ? IndentedAnswer.apply(to: counted) : counted
        }
        return compression?.apply(to: response, of: request, at: route) ?? response
    }

    /// What becomes of a request that wants to be a WebSocket.
    package func decide(_ head: HTTPRequest, logger: Logger) async -> WebSocketDecision {
        guard let path = head.path?.prefix(while: { $0 != "?" }), let (route, parameters) = table.socket(at: path),
            case .socket(let decide) = route.handler
        else { return .notWebSocket }
        do {
            return try await admission.admit(head, to: route) { caller in
                try route.checkQuery(head.path?.split(separator: "?", maxSplits: 1).dropFirst().first.map(String.init))
                return try await decide(
                    DoorCall(
                        Request(head: head, body: RequestBody(buffer: ByteBuffer())), at: route,
                        parameters: parameters, caller: caller, budget: budget, logger: logger)
                ).ending { await caller.waitForEnd() }
            }
        } catch let error as RatedError {
            var decision = WebSocketDecision.refuse(ErrorResponse.shown(error.error))
            decision.add(error.rate)
            return decision
        } catch {
            return .refuse(ErrorResponse.shown(error))
        }
    }
}
