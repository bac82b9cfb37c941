import HearthCore
import HearthJSON
import HearthTesting
import Testing

/// Frames of a still camera, each a character of its own: recall answers what a comparison of all in float32 would.
@Suite(.timeLimit(.minutes(5))) struct RecallCrowdTests {
    private static let split = 140

    private func numbers(_ reply: JSONValue) -> [Int] {
        (reply["matches"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue.flatMap(Int.init) }
    }

    @Test(arguments: [Float(1e-3), 1e-5]) func nearDuplicatesAreRecalledExactly(noise: Float) async throws {
        let crowd = Crowd(count: 240, noise: noise)
        let bench = try await StudioBench(engine: ByteEngine.make(crowd))
        var anchors: [JSONValue] = []
        for number in crowd.members {
            let registered = try await bench.register(
                "\(number)", project: number < Self.split ? "Day" : "Night", picture: number)
            anchors.append(registered["anchor_id"] ?? "")
        }
        try await bench.runJobs()
        for number in stride(from: 0, to: 240, by: 23) {
            let all = try await bench.recall(picture: number, k: 10)
            #expect(all["compared"] == 240)
            #expect(crowd.fault(in: numbers(all), query: crowd[number], k: 10) == nil, "frame \(number)")
            let byAnchor = try await bench.call("studio.recall", ["anchor_id": anchors[number], "k": 10])
            #expect(byAnchor["matches"] == all["matches"], "frame \(number)")
            let night = try await bench.call(
                "studio.recall", ["project": "Night", "k": 10], attachment: bench.picture(number))
            let ofNight = Array(Self.split..<240)
            #expect(
                crowd.fault(in: numbers(night), query: crowd[number], among: ofNight, k: 10) == nil, "frame \(number)")
        }
    }
}
