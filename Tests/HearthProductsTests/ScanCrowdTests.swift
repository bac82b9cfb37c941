import HearthCore
import HearthInference
import HearthJSON
import HearthTesting
import Testing

@testable import HearthProducts

/// Products whose pictures are nearly the same: a scan answers what a comparison of all in float32 would.
@Suite(.timeLimit(.minutes(5))) struct ScanCrowdTests {
    @Test(arguments: [Float(1e-3), 1e-5]) func nearDuplicatesAreScannedExactly(noise: Float) async throws {
        let crowd = Crowd(count: 240, noise: noise)
        let bench = try await ProductBench(
            [.ready("pictures", .imageEmbedding, dims: crowd.dims), ProductBench.textsModel], crowd: crowd)
        for number in crowd.members {
            let fields: JSONValue = [
                "template": number.isMultiple(of: 3) ? "third" : "other", "attributes": ["n": .int(Int64(number % 7))],
            ]
            try await bench.upsert("\(number)", picture: number, fields)
        }
        try await bench.runJobs()
        func numbers(_ reply: JSONValue) -> [Int] { bench.found(reply).compactMap(Int.init) }
        for number in stride(from: 0, to: 240, by: 23) {
            let all = try await bench.scan(number, ["k": 10, "store": false])
            #expect(all["compared"] == 240)
            #expect(crowd.fault(in: numbers(all), query: crowd[number], k: 10) == nil, "product \(number)")
            let narrow = try await bench.scan(
                number, ["k": 10, "template": "third", "filter": ["n": ["lt": 4]], "store": false])
            let members = crowd.members.filter { $0.isMultiple(of: 3) && $0 % 7 < 4 }
            #expect(
                crowd.fault(in: numbers(narrow), query: crowd[number], among: members, k: 10) == nil,
                "product \(number)")
        }
    }
}
