import Dispatch
package import HearthCore

extension Store {
    /// Runs calls at once while the store's one writer is kept busy, so that their writes wait together and share a
    /// group. Only for stores with one writer.
    /// - Returns: what came of each, in the order of their numbers.
    package func inOneGroup<T: Sendable>(
        _ count: Int, _ body: @escaping @Sendable (Int) async throws -> T
    ) async throws -> [Result<T, any Error>] {
        let (entered, release) = (TestGate(), DispatchSemaphore(value: 0))
        async let holding: Void = write { _ in
            entered.open()
            release.wait()
        }
        // Also when this throws: the store's thread waits for it, and `holding` for that thread.
        defer { release.signal() }
        try await entered.pass()
        let results = await withTaskGroup(of: (Int, Result<T, any Error>).self) { group in
            for number in 0..<count {
                group.addTask {
                    do { return (number, .success(try await body(number))) } catch { return (number, .failure(error)) }
                }
            }
            // Long enough for all of them to wait; on a machine where it is not, the group is only smaller.
            try? await Task.sleep(for: .milliseconds(100))
            release.signal()
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        try await holding
        return results.sorted { $0.key < $1.key }.map(\.value)
    }
}
