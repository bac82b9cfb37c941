import HearthCore

/// First come, first served within a tenant; between tenants, one in turn. Pure.
///
/// Start-time fair queueing with equal shares (Goyal, Vin, Cheng 1996): each tenant counts what it was served, the one
/// with the smallest count goes first, and who comes back starts at the present count, so that idling saves nothing up.
struct FairQueue<Element: Sendable>: Sendable {
    private struct Line: Sendable {
        let tenant: Tenant
        var served: Int
        var elements: ArraySlice<Element>
    }

    /// Tenants with something to serve, in the order of their coming.
    private var lines: [Line] = []
    /// The count of the tenant that was served last.
    private var present = 0
    /// Counts, beyond the present one, of tenants that have nothing to serve now: who comes back within a turn does not
    /// get another one in it.
    private var left: [Tenant: Int] = [:]
    private(set) var count = 0

    /// All elements, tenant by tenant.
    var elements: [Element] { lines.flatMap(\.elements) }

    mutating func append(_ element: Element, of tenant: Tenant) {
        count += 1
        if let place = lines.firstIndex(where: { $0.tenant == tenant }) {
            lines[place].elements.append(element)
        } else {
            let served = max(present, left.removeValue(forKey: tenant) ?? 0)
            lines.append(Line(tenant: tenant, served: served, elements: [element]))
        }
    }

    mutating func popFirst() -> Element? {
        guard let place = lines.indices.min(by: { lines[$0].served < lines[$1].served }) else { return nil }
        if lines[place].served > present {
            present = lines[place].served
            left = left.filter { $0.value > present }
        }
        lines[place].served += 1
        let element = lines[place].elements.popFirst()
        if element != nil { count -= 1 }
        if lines[place].elements.isEmpty { forget(place) }
        return element
    }

    mutating func removeFirst(where matches: (Element) -> Bool) -> Element? {
        for line in lines.indices {
            guard let place = lines[line].elements.firstIndex(where: matches) else { continue }
            let element = lines[line].elements.remove(at: place)
            count -= 1
            if lines[line].elements.isEmpty { forget(line) }
            return element
        }
        return nil
    }

    private mutating func forget(_ place: Int) {
        let line = lines.remove(at: place)
        if line.served > present { left[line.tenant] = line.served }
    }
}
