package import HearthJSON

/// What a call of an operation answers, and the wait that its caller has asked for.
package struct OperationAnswer: Sendable {
    /// The output.
    package let value: JSONValue
    /// Whether the work that the caller has waited for goes on: its time was over first.
    package let isUnfinished: Bool
    private let wait: (@Sendable () async throws -> OperationAnswer)?

    /// - Parameter wait: what the caller has asked for; nil: it does not wait.
    init<Output: Encodable & Sendable>(_ output: Output, wait: OperationWait<Output>? = nil) throws {
        try self.init(output, isUnfinished: false) {
            guard let wait else { return nil }
            return {
                let (output, isUnfinished) = try await wait(output)
                return try OperationAnswer(output, isUnfinished: isUnfinished) { nil }
            }
        }
    }

    private init(
        _ output: some Encodable, isUnfinished: Bool, wait: () -> (@Sendable () async throws -> OperationAnswer)?
    ) throws {
        value = try JSONValueEncoder.encode(output)
        self.isUnfinished = isUnfinished
        self.wait = wait()
    }

    /// The answer when the wait is over; at once when there is none.
    ///
    /// When its task is cancelled the wait ends, and the work goes on.
    package func finished() async throws -> OperationAnswer { try await wait?() ?? self }
}

/// Who waits, and until when.
package struct Waiting: Sendable {
    package let tenant: Tenant
    package let deadline: ContinuousClock.Instant

    package init(tenant: Tenant, deadline: ContinuousClock.Instant) {
        self.tenant = tenant
        self.deadline = deadline
    }
}

/// Waits for what follows an output: the output as it is then, and whether the work goes on because the time is over.
package typealias OperationWait<Output> = @Sendable (Output) async throws -> (Output, isUnfinished: Bool)

/// Says how a caller of an operation waits; nil: it does not want to.
///
/// It is asked before anything is done, and throws ``HearthError`` `overloaded` when as many wait as can.
package typealias OperationWaiting<Input, Output> = @Sendable (Input, Waiting) throws -> OperationWait<Output>?
