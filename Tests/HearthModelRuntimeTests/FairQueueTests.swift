import HearthCore
import HearthTesting
import Testing

@testable import HearthModelRuntime

@Suite struct FairQueueTests {
    private static func tenant(_ name: String) -> Tenant { Tenant(rawValue: name) }

    private func drain(_ queue: inout FairQueue<String>) -> [String] {
        var all: [String] = []
        while let next = queue.popFirst() { all.append(next) }
        return all
    }

    @Test func oneTenantIsServedInItsOwnOrder() {
        var queue = FairQueue<String>()
        for name in ["a", "b", "c"] { queue.append(name, of: .local) }
        #expect(queue.count == 3)
        #expect(queue.elements == ["a", "b", "c"])
        #expect(drain(&queue) == ["a", "b", "c"])
        #expect(queue.count == 0)
    }

    @Test func tenantsTakeTurnsHoweverManyCallsOneOfThemHas() {
        var queue = FairQueue<String>()
        for index in 1...4 { queue.append("many \(index)", of: Self.tenant("many")) }
        queue.append("few 1", of: Self.tenant("few"))
        #expect(drain(&queue) == ["many 1", "few 1", "many 2", "many 3", "many 4"])
    }

    @Test func idlingSavesNothingUp() {
        var queue = FairQueue<String>()
        for index in 1...6 { queue.append("busy \(index)", of: Self.tenant("busy")) }
        for _ in 1...4 { _ = queue.popFirst() }
        for index in 1...3 { queue.append("late \(index)", of: Self.tenant("late")) }
        let rest = drain(&queue)
        #expect(rest == ["late 1", "busy 5", "late 2", "busy 6", "late 3"], "no four calls in a row for who was away")
    }

    @Test func whoComesBackAtOnceDoesNotOvertakeWhoWaits() {
        var queue = FairQueue<String>()
        for index in 1...5 { queue.append("steady \(index)", of: Self.tenant("steady")) }
        queue.append("eager", of: Self.tenant("eager"))
        var order: [String] = []
        for _ in 1...8 {
            guard let next = queue.popFirst() else { break }
            order.append(next)
            // One call at a time, and the next one as soon as it is answered.
            if next == "eager" { queue.append("eager", of: Self.tenant("eager")) }
        }
        #expect(order.filter { $0 == "eager" }.count == 4, "\(order)")
        #expect(zip(order, order.dropFirst()).allSatisfy { ($0 == "eager") != ($1 == "eager") }, "\(order)")
    }

    @Test func removalTakesOneElementAndNoTurn() {
        var queue = FairQueue<String>()
        for name in ["a1", "a2"] { queue.append(name, of: Self.tenant("a")) }
        for name in ["b1", "b2"] { queue.append(name, of: Self.tenant("b")) }
        #expect(queue.removeFirst { $0 == "b1" } == "b1")
        #expect(queue.removeFirst { $0 == "b1" } == nil)
        #expect(queue.count == 3)
        #expect(drain(&queue) == ["a1", "b2", "a2"])
    }

    /// What the queue says, with counts that are never forgotten.
    private struct Naive {
        var order: [String] = []
        var elements: [String: [Int]] = [:]
        var served: [String: Int] = [:]
        var present = 0

        mutating func append(_ element: Int, of tenant: String) {
            if elements[tenant, default: []].isEmpty {
                order.append(tenant)
                served[tenant] = max(present, served[tenant] ?? 0)
            }
            elements[tenant, default: []].append(element)
        }

        mutating func popFirst() -> Int? {
            guard let tenant = order.min(by: { (served[$0] ?? 0) < (served[$1] ?? 0) }) else { return nil }
            present = max(present, served[tenant] ?? 0)
            served[tenant, default: 0] += 1
            defer { forgetEmpty() }
            return elements[tenant]?.removeFirst()
        }

        mutating func remove(_ element: Int) {
            for tenant in order { elements[tenant]?.removeAll { $0 == element } }
            forgetEmpty()
        }

        private mutating func forgetEmpty() { order.removeAll { elements[$0]?.isEmpty != false } }
    }

    @Test(arguments: 1...80)
    func queueServesAsANaiveOneThatForgetsNothing(seed: UInt64) {
        var random = RepeatableRandom(seed: seed)
        var queue = FairQueue<Int>()
        var naive = Naive()
        let tenants = (0..<Int.random(in: 1...5, using: &random)).map { "tenant \($0)" }
        for id in 0..<800 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                guard let tenant = tenants.randomElement(using: &random) else { continue }
                queue.append(id, of: Self.tenant(tenant))
                naive.append(id, of: tenant)
            case 5..<9: #expect(queue.popFirst() == naive.popFirst(), "seed \(seed), step \(id)")
            default:
                guard let gone = queue.elements.randomElement(using: &random) else { continue }
                #expect(queue.removeFirst { $0 == gone } == gone, "seed \(seed), step \(id)")
                naive.remove(gone)
            }
            #expect(queue.count == naive.elements.values.reduce(0) { $0 + $1.count }, "seed \(seed), step \(id)")
        }
    }
}
