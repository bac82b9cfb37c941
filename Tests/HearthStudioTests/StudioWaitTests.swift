import HearthCore
import HearthJSON
import HearthSQLite
import Testing

/// Answers say what recall does not know yet, and a registration may wait until it does.
@Suite(.timeLimit(.minutes(3))) struct StudioWaitTests {
    @Test func recallSaysHowManyPicturesHaveNoVectorYet() async throws {
        let bench = try await StudioBench()
        for number in 1...3 { try await bench.register("Mira", project: "Woods", picture: number) }
        try await bench.runJobs()
        let complete = try await bench.recall(picture: 1)
        #expect(complete["pending"] == 0 && complete["is_complete"] == true && complete["compared"] == 3)
        for number in 4...5 { try await bench.register("Bolt", project: "Comets", picture: number) }
        let during = try await bench.recall(picture: 1)
        #expect(during["pending"] == 2 && during["is_complete"] == false && during["compared"] == 3)
        try await bench.runJobs()
        #expect(try await bench.recall(picture: 1)["is_complete"] == true)
    }

    @Test func onlyTheProjectThatIsSearchedIsCounted() async throws {
        let bench = try await StudioBench()
        try await bench.register("Mira", project: "Woods", picture: 1)
        try await bench.runJobs()
        try await bench.register("Bolt", project: "Comets", picture: 2)
        try await bench.register("Ada", project: "Woods", picture: 3, tenant: Tenant(rawValue: "other"))
        let pending = try await ["Woods", "Comets"].asyncMap { project in
            try await bench.call("studio.recall", ["project": .string(project)], attachment: bench.picture(9))[
                "pending"]
        }
        #expect(pending == [0, 1])
        #expect(try await bench.recall(picture: 9)["pending"] == 1, "all projects of the tenant")
    }

    @Test func aPictureThatNeverGetsAVectorIsNotPending() async throws {
        let bench = try await StudioBench()
        try await bench.register("Mira", project: "Woods", picture: 1)
        try await bench.failJobs()
        let reply = try await bench.recall(picture: 1)
        #expect(reply["pending"] == 0 && reply["is_complete"] == true)
    }

    @Test func vectorsOfAnotherModelCountAsPending() async throws {
        let bench = try await StudioBench()
        for number in 1...2 { try await bench.register("Mira", project: "Woods", picture: number) }
        try await bench.runJobs()
        _ = try await bench.store.write { db in
            try db.execute("UPDATE anchors SET embedded_digest = 'earlier' WHERE id = (SELECT MIN(id) FROM anchors)")
        }
        #expect(try await bench.recall(picture: 1)["pending"] == 1)
    }

    @Test func aRegistrationThatWaitsIsFoundAtOnce() async throws {
        let bench = try await StudioBench()
        let registered = try await bench.register("Mira", project: "Woods", picture: 1)
        #expect(registered["is_remembered"] == false && registered["status"] == nil)
        try await bench.withEvents {
            let input: JSONValue = ["name": "Mira", "project": "Woods", "wait": true]
            async let waited = bench.answer("studio.anchors.register", input, attachment: bench.picture(1))
            try await bench.runJobs()
            let answer = try await waited
            #expect(!answer.isUnfinished && answer.value["status"] == "completed")
            #expect(answer.value["is_remembered"] == true && answer.value["is_new"] == false)
        }
        let again = try await bench.answer(
            "studio.characters.anchors.register",
            ["character_id": registered["character_id"] ?? .null, "wait": true], attachment: bench.picture(1))
        #expect(!again.isUnfinished && again.value["is_remembered"] == true, "nothing is left to wait for")
    }

    @Test func aWaitThatIsNotInTimeSaysHowFarItIs() async throws {
        let bench = try await StudioBench()
        let answer = try await bench.answer(
            "studio.anchors.register", ["name": "Mira", "wait": true], attachment: bench.picture(1), within: .zero)
        #expect(answer.isUnfinished && answer.value["status"] == "pending")
        #expect(answer.value["is_remembered"] == false && answer.value["is_new"] == true)
        #expect(try await bench.count("anchors") == 1, "what was registered stays")
    }

    @Test func aWaitForAJobThatFailsSaysWhy() async throws {
        let bench = try await StudioBench()
        try await bench.register("Mira", project: "Woods", picture: 1)
        try await bench.failJobs()
        let input: JSONValue = ["name": "Mira", "project": "Woods", "wait": true]
        let answer = try await bench.answer("studio.anchors.register", input, attachment: bench.picture(1))
        #expect(!answer.isUnfinished && answer.value["status"] == "failed")
        #expect(answer.value["failure"] == "It is no picture." && answer.value["is_remembered"] == false)
    }
}

extension Sequence {
    fileprivate func asyncMap<Output>(_ transform: (Element) async throws -> Output) async rethrows -> [Output] {
        var outputs: [Output] = []
        for element in self { outputs.append(try await transform(element)) }
        return outputs
    }
}
