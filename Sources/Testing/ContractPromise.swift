package import HearthCore

/// One promise of a contract, to be kept by every implementation; run on a fresh subject.
package struct ContractPromise<Subject: Sendable>: Sendable, CustomStringConvertible {
    /// What is promised, as a sentence.
    package let name: String
    /// Throws ``ContractViolation`` when the promise is broken.
    package let check: @Sendable (Subject) async throws -> Void

    package init(_ name: String, check: @escaping @Sendable (Subject) async throws -> Void) {
        self.name = name
        self.check = check
    }

    package var description: String { name }
}

/// A promise was broken.
package struct ContractViolation: Error, CustomStringConvertible {
    package let description: String
}

/// Throws ``ContractViolation`` unless the condition holds.
package func promise(_ condition: Bool, _ what: @autoclosure () -> String, line: UInt = #line) throws {
    guard condition else { throw ContractViolation(description: "\(what()) (line \(line))") }
}

/// Throws ``ContractViolation`` unless both are equal.
package func promise<T: Equatable>(_ actual: T, is expected: T, _ what: String, line: UInt = #line) throws {
    guard actual == expected else {
        throw ContractViolation(description: "\(what): \(actual) instead of \(expected) (line \(line))")
    }
}

/// Throws ``ContractViolation`` unless the body throws a ``HearthError`` of that code.
package func promiseRefusal(
    _ code: HearthError.Code, _ what: String, line: UInt = #line, _ body: () async throws -> Void
) async throws {
    do {
        try await body()
    } catch let error as HearthError {
        guard error.code == code else {
            throw ContractViolation(description: "\(what): \(error.code.rawValue) (line \(line))")
        }
        return
    }
    throw ContractViolation(description: "\(what): nothing was refused (line \(line))")
}
