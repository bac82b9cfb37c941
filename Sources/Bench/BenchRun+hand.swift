import Foundation
import HearthCore
import HearthJSON

/// What is written by hand, beside the library that it replaces (decision 0016).
///
/// Both do the same work in turn, in many rounds of one run, and the best round of each counts: what other programs
/// take varies more than they do. Before that their results are compared: what is not equal is not measured.
extension BenchRun {
    private static let rounds = 101

    func byHand() async throws {
        let registration = BenchBody.Registration(bytes: 75_000)
        try read(registration, as: "a registration with a picture, 100 kB of base64", largeStrings: ["image_base64"])
        try read(BenchBody.Vector(count: 512), as: "a vector of 512 numbers")
        try read(BenchBody.Records(count: 1_000), as: "1,000 small records")
        try write(registration, as: "a registration with a picture, 100 kB of base64")
        try write(BenchBody.Vector(count: 512), as: "a vector of 512 numbers")
        try write(BenchBody.Records(count: 1_000), as: "1,000 small records")
        for bytes in [75_000, 3_000_000] {
            let text = BenchBody.bytes(bytes).base64EncodedData()
            try compare("base64 of \(text.count / 1_000) kB read", bytes: text.count) {
                try text.withUnsafeBytes { try Base64.decode($0) }
            } foundation: {
                try required(Data(base64Encoded: text))
            }
        }
        try await BenchWorkerCalls(calls: 2_000, rounds: 9).measure(show)
    }

    // MARK: JSON

    /// The whole way of a body into a Swift value.
    private func read<Body: Codable & Equatable>(
        _ body: Body, as name: String, largeStrings: Set<String> = []
    ) throws {
        let (encoder, decoder) = (JSONEncoder(), JSONDecoder())
        encoder.outputFormatting = .withoutEscapingSlashes
        let bytes = try encoder.encode(body)
        try compare("JSON read: \(name)", bytes: bytes.count) {
            try JSONValueDecoder.decode(Body.self, from: JSONParser.document(bytes, largeStrings: largeStrings))
        } foundation: {
            try decoder.decode(Body.self, from: bytes)
        }
    }

    /// The whole way of a Swift value into bytes; what they mean is compared, not how they are spelt.
    private func write<Body: Codable & Equatable>(_ body: Body, as name: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        let bytes = try JSONValueEncoder.encode(body).encoded()
        guard try JSONDecoder().decode(Body.self, from: bytes) == body else { throw Self.differs(name) }
        try measure("JSON written: \(name)", bytes: bytes.count) {
            try JSONValueEncoder.encode(body).encoded().count
        } foundation: {
            try encoder.encode(body).count
        }
    }

    // MARK: In turn

    private func compare<Result: Equatable>(
        _ name: String, bytes: Int, ours: () throws -> Result, foundation: () throws -> Result
    ) throws {
        guard try ours() == foundation() else { throw Self.differs(name) }
        try measure(name, bytes: bytes) {
            withExtendedLifetime(try ours()) { 1 }
        } foundation: {
            withExtendedLifetime(try foundation()) { 1 }
        }
    }

    private func measure(
        _ name: String, bytes: Int, ours: () throws -> Int, foundation: () throws -> Int
    ) throws {
        // So many in a row that the clock's own steps do not count.
        let repetitions = max(1, Int(1 / max(0.000_1, try Self.milliseconds(of: 1, foundation))))
        var (mine, other) = (Double.infinity, Double.infinity)
        for _ in 0..<Self.rounds {
            mine = min(mine, try Self.milliseconds(of: repetitions, ours) / Double(repetitions))
            other = min(other, try Self.milliseconds(of: repetitions, foundation) / Double(repetitions))
        }
        show(BenchFigure(name: "\(name): Foundation ÷ ours", value: "\(BenchFigure.number(other / mine)) ×"))
        let rates = [mine, other].map { "\(BenchFigure.number($0 * 1_000)) µs" }
        let rate = BenchFigure.number(Double(bytes) / mine / 1e3)
        show(BenchFigure(name: "  ours; Foundation", value: "\(rates[0]) (\(rate) MB/s); \(rates[1])"))
    }

    private static func milliseconds(of repetitions: Int, _ body: () throws -> Int) rethrows -> Double {
        let start = ContinuousClock.now
        var sum = 0
        for _ in 0..<repetitions { sum &+= try body() }
        let duration = (ContinuousClock.now - start).fractionalMilliseconds
        // What is never looked at could be left out.
        precondition(sum > 0)
        return duration
    }

    private static func differs(_ name: String) -> HearthError {
        HearthError(.internalError, "The results differ, so nothing was measured: \(name).")
    }

    private func required(_ data: Data?) throws -> Data {
        guard let data else { throw HearthError(.internalError, "Foundation does not read its own base64.") }
        return data
    }
}
