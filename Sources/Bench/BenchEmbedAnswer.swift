import Foundation
import HearthCore
import HearthJSON

/// What Hearth's own embedding door says beside the vector.
struct BenchEmbedAnswer: Sendable {
    /// Milliseconds.
    let decode: Double
    let queue: Double
    let compute: Double
    /// Inputs that shared the pass.
    let batch: Int
    let isCached: Bool

    /// Reads what stands behind the vector, so that the client need not read hundreds of numbers; nil for answers of
    /// other doors.
    init?(_ body: Data) {
        guard let end = body.lastIndex(of: UInt8(ascii: "]")), body.count - (end - body.startIndex) > 3 else {
            return nil
        }
        let rest = Data([UInt8(ascii: "{")]) + body[(end + 2)...]
        guard let value = try? JSONParser.read(rest), let timings = value["timings_ms"],
            let decode = timings["decode"]?.doubleValue, let queue = timings["queue"]?.doubleValue,
            let compute = timings["compute"]?.doubleValue, let batch = value["batch"]?.integerValue
        else { return nil }
        (self.decode, self.queue, self.compute, self.batch) = (decode, queue, compute, Int(batch))
        isCached = value["cached"]?.boolValue ?? false
    }

    /// The model that made a vector, from a whole answer.
    static func model(in body: Data) throws -> ModelIdentity {
        guard let model = try JSONParser.read(body)["model"] else {
            throw HearthError(.invalidConfiguration, "The server is no Hearth: its answer names no model.")
        }
        return try JSONValueDecoder.read(ModelIdentity.self, from: model)
    }
}
