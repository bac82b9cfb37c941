import HTTPTypes
package import HearthCore
import HearthHTTP
import HearthJSON
import Hummingbird

/// REST: a route for every route of every operation, the list of operations, and the call by name.
package struct RESTDoor: Door {
    private let registry: OperationRegistry
    /// By operation; of calls that fail as well.
    private let latencies: [String: LatencyHistogram]

    package init(registry: OperationRegistry, metrics: MetricsRegistry) {
        self.registry = registry
        let entries = registry.operations.map { operation in
            (
                operation.name,
                metrics.histogram(
                    "hearth_operation_seconds", help: "Time of an operation.", labels: ["operation": operation.name])
            )
        }
        latencies = Dictionary(entries, uniquingKeysWith: { first, _ in first })
    }

    package var routes: [DoorRoute] { registry.operations.flatMap(routes) + [byName, list] }

    private func routes(of operation: Operation) -> [DoorRoute] {
        operation.routes.enumerated().map { index, route in
            DoorRoute(
                Self.method(route.method), route.path, access: .credential(operation.permission),
                quick: operation.quickBodyBytes.map { .init(bodyBytes: $0) }, refusesUnknownQuery: false,
                describe: OpenAPIEntry(operation, at: route, isAlias: index > 0)
            ) { call in
                var parameters: [String: String] = [:]
                for name in route.parameters { parameters[name] = try call.parameter(name) }
                return try await answer(call, operation: operation, parameters: parameters)
            }
        }
    }

    private var byName: DoorRoute {
        DoorRoute(
            .post, "/api/operations/{operation}", refusesUnknownQuery: false,
            describe: OpenAPIEntry(
                "operations.call", "Call any operation by its name.", content: ["application/json": BodyRule.anyObject],
                answer: [:])
        ) { call in
            guard let operation = registry[try call.parameter("operation")] else {
                throw HearthError(
                    .notFound, "There is no such operation.", hint: "`GET /api/operations` lists them.")
            }
            return try await answer(call, operation: operation, parameters: [:])
        }
    }

    private var list: DoorRoute {
        DoorRoute(
            .get, "/api/operations",
            describe: OpenAPIEntry(
                "operations.list", "All operations, with their routes and what they take.",
                answer: ["type": "array", "items": BodyRule.anyObject])
        ) { _ in
            let operations = registry.operations.map { operation -> JSONValue in
                [
                    "name": .string(operation.name), "tool": operation.tool.map(JSONValue.string) ?? .null,
                    "aliases": .array(operation.aliases.map(JSONValue.string)),
                    "summary": .string(operation.summary), "description": .string(operation.description),
                    "permission": .string(operation.permission.rawValue), "hints": operation.hints.json,
                    "runs": operation.isQueued ? "queued" : "now",
                    "routes": .array(operation.routes.map { .string("\($0.method.rawValue) \($0.path)") }),
                    "input": operation.inputSchema, "output": operation.outputSchema,
                ]
            }
            return JSONReply(.array(operations)).response
        }
    }

    private func answer(
        _ call: DoorCall, operation: HearthCore.Operation, parameters: [String: String]
    ) async throws -> Response {
        // What the answer takes until it is encoded.
        let share = call.reservation()
        defer { withExtendedLifetime(share) {} }
        let begun = try await begin(call, operation: operation, parameters: parameters, share)
        // What came with the request has been let go of: a caller who waits holds no picture.
        let answer = try await begun.finished()
        if let page = operation.page, call.takesPage { return PageReply(try page(answer.value)).response }
        let status = answer.isUnfinished ? .accepted : HTTPResponse.Status(code: operation.successStatus)
        var response = JSONReply(answer.value, status: status).response
        if operation.page != nil { response.headers[.vary] = "Accept" }
        return response
    }

    private func begin(
        _ call: DoorCall, operation: HearthCore.Operation, parameters: [String: String], _ share: BodyReservation
    ) async throws -> OperationAnswer {
        // The body of a caller without permission is not read.
        try registry.authorize(call.principal, for: operation)
        let input = try await OperationInput.read(
            call.request, for: operation, parameters: parameters, collect: call.collectBody(limit:))
        // The picture is in memory until the operation has ended, and so it counts until then.
        defer { withExtendedLifetime(input) {} }
        let context = OperationContext(
            principal: call.principal, requestID: call.id, address: ClientPresence.currentAddress,
            deadline: Self.deadline(of: call, for: operation), attachment: input.attachment, logger: call.logger,
            reserve: { bytes throws(HearthError) in try share.grow(by: bytes) })
        defer { latencies[operation.name]?.record(ContinuousClock.now - call.start) }
        return try await registry.begin(operation, input: input.value, context: context)
    }

    /// The operation's own deadline, or the one that the request asks for when that comes first.
    private static func deadline(of call: DoorCall, for operation: Operation) -> ContinuousClock.Instant {
        let own = call.start + operation.deadline
        return call.hasOwnDeadline ? min(call.deadline, own) : own
    }

    private static func method(_ method: Route.Method) -> HTTPRequest.Method {
        switch method {
        case .get: .get
        case .post: .post
        case .put: .put
        case .patch: .patch
        case .delete: .delete
        }
    }
}
