import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthCommand

/// Who may call which route, tried on the assembled server: every operation, by its routes and by its name, and every
/// route of every protocol. What is expected comes from ``ServedRoute``, so that a new route is tried as well.
@Suite(.timeLimit(.minutes(3))) struct AccessTests {
    /// Somebody who calls.
    private struct Caller {
        let name: String
        let key: String?
        /// Nil: the credential is missing or wrong.
        let permission: Permission?
    }

    private static func callers(in folder: TemporaryFolder) async throws -> [Caller] {
        var callers = [
            Caller(name: "no key", key: nil, permission: nil),
            Caller(name: "a wrong key", key: "hk_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG", permission: nil),
            Caller(name: "a wrong token", key: "a.b.c", permission: nil),
        ]
        for (permission, tenant) in [("read", "shop"), ("write", "shop"), ("admin", "shop"), ("admin", "local")] {
            let key = try await AssembledFront.makeKey(
                in: folder, ["name": "test", "permission": .string(permission), "tenant": .string(tenant)])
            let grant = try #require(Grant(rawValue: permission))
            callers.append(
                Caller(
                    name: "\(permission) of \(tenant)", key: key,
                    permission: grant.permission(in: Tenant(rawValue: tenant))))
        }
        return callers
    }

    /// What an answer to a caller may be.
    private static func isExpected(_ status: Int, _ need: ServedRoute.Need, _ caller: Caller) -> Bool {
        if need == .nothing { return status == 200 }
        if need == .link { return status == 404 }
        guard let permission = caller.permission else { return status == 401 }
        guard case .permission(let needed) = need else { return status == 403 }
        // What is asked for does not exist, and no worker runs: all that matters is that the caller has come in.
        return permission >= needed ? ![401, 403, 405, 429, 500].contains(status) : status == 403
    }

    @Test func everyRouteAsksForThePermissionThatItsWorkNeeds() async throws {
        let folder = try TemporaryFolder(.memory)
        let callers = try await Self.callers(in: folder)
        try await AssembledFront.run(in: folder) { front in
            let routes = try await ServedRoute.all(of: front, key: callers.last?.key ?? "")
            #expect(routes.count > 150, "the description has been read")
            for route in routes {
                guard let need = route.need else {
                    Issue.record("\(route): say in ServedRoute what it needs")
                    continue
                }
                for caller in callers {
                    let target = AccessWorld.target(route.path) { name in
                        name == "database" ? "absent" : AccessWorld.neutral(name) ?? Self.unknown
                    }
                    let answer = try await front.send(
                        route.method, target, body: route.method == "GET" ? nil : [:], key: caller.key,
                        headers: ["x-hearth-timeout-ms": "20"])
                    #expect(
                        Self.isExpected(answer.status, need, caller),
                        "\(route) for \(caller.name), where \(need) is needed: \(answer.status) \(answer.text)")
                }
            }
        }
    }

    /// An id that nobody's thing has.
    private static let unknown = "01890000-0000-7000-8000-000000000000"

    @Test func anotherTenantsThingsAreNotThere() async throws {
        let folder = try TemporaryFolder(.memory)
        let keys = try await AccessWorld.makeKeys(in: folder)
        try await AssembledFront.run(in: folder) { front in
            let routes = try await ServedRoute.all(of: front, key: keys.operatorKey)
            let owner = try await AccessWorld(front, key: keys.owner, secret: "hush-hush")
            let stranger = try await AccessWorld(front, key: keys.stranger, secret: "own")
            let before = try await owner.snapshot(routes, of: front)
            for route in routes { try await tryThings(of: owner, as: stranger, at: route, of: front) }
            let after = try await owner.snapshot(routes, of: front)
            #expect(before == after, "nothing of the owner has changed")
        }
    }

    /// Calls a route with an id of the owner, with one that nobody has, and with none, as the stranger.
    private func tryThings(
        of owner: AccessWorld, as stranger: AccessWorld, at route: ServedRoute, of front: AssembledFront
    ) async throws {
        let names = AccessWorld.names(of: route)
        for name in names where AccessWorld.kind(of: name) == nil && route.parameters.contains(name) {
            Issue.record("\(route): say in AccessWorld what `\(name)` is")
        }
        for name in names {
            // A name in a body may be one of the stranger's own, or become one.
            for value in owner.values(of: name) where route.parameters.contains(name) || Identifier.isValid(value) {
                let real = try await stranger.call(route, of: front, with: [name: value])
                let absent = try await stranger.call(route, of: front, with: [name: AccessWorld.absent(like: value)])
                #expect(
                    real.status == absent.status && real.json["error"]?["code"] == absent.json["error"]?["code"],
                    "\(route), \(name)=\(value): \(real.status) \(real.text), and for none \(absent.status)")
                #expect(!real.text.contains(owner.secret), "\(route), \(name)")
                // 501: the protocol has it, this server does not.
                #expect(
                    !route.parameters.contains(name) || [400, 403, 404, 422, 501].contains(real.status),
                    "\(route), \(name)=\(value): \(real.status) \(real.text)")
            }
        }
        if route.method == "GET" {
            let list = try await stranger.call(route, of: front, with: [:])
            #expect(!list.text.contains(owner.secret), "\(route)")
        }
    }
}
