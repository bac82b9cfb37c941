/// What `body` makes of each element, all of them at once, in the order of the elements.
///
/// Results are put into their places instead of coming out of the task group with an index: pairs of an index and a
/// large value lose the index in optimised builds (Swift 6.3.1; `ModelHost` once trapped by it).
/// - Throws: what `body` throws first; the other calls are cancelled.
package func concurrentMap<Elements: Collection<Element> & Sendable, Element: Sendable, Output: Sendable>(
    _ elements: Elements, _ body: @escaping @Sendable (Element) async throws -> Output
) async throws -> [Output] {
    let outputs = Locked([Output?](repeating: nil, count: elements.count))
    try await withThrowingTaskGroup(of: Void.self) { group in
        for (place, element) in elements.enumerated() {
            group.addTask {
                let output = try await body(element)
                outputs.withLock { $0[place] = output }
            }
        }
        // Not `waitForAll`, which cancels no task and waits for the others before it throws.
        while try await group.next() != nil {}
    }
    return outputs.withLock { $0.compactMap { $0 } }
}
