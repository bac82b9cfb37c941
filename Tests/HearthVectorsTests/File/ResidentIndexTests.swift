import Foundation
import HearthTesting
import Testing

@testable import HearthVectors

/// Whatever happens to an index and its file, a search says what a plain list says.
@Suite(.timeLimit(.minutes(2))) struct ResidentIndexTests {
    @Test(arguments: RepeatableRandom.seeds(12))
    func searchAgreesWithAPlainListWhateverHappens(seed: UInt64) throws {
        let metrics = VectorMetric.allCases
        var world = try IndexWorld(
            seed: seed, metric: metrics[Int(seed) % metrics.count], dims: [1, 8, 65][Int(seed / 3) % 3],
            isByOwner: seed % 2 == 0)
        for step in 0..<250 {
            do {
                try take(&world)
                try world.catchUp(world.index)
                try world.check(world.index)
            } catch {
                Issue.record("seed \(seed), step \(step): \(error)")
                return
            }
        }
    }

    private func take(_ world: inout IndexWorld) throws {
        switch Int.random(in: 0..<20, using: &world.random) {
        case 0: try world.write(isWhole: true)
        case 1, 2: try world.write(isWhole: false)
        case 3: try world.reopen()
        case 4:
            // Changes and searches come while a writer is at work.
            let plan = try SegmentPlan(world.index, isWhole: world.random.chance(50))
            world.change()
            try world.catchUp(world.index)
            try world.check(world.index)
            let path = world.path
            plan.finish(
                world.random.chance(20)
                    ? .failure(ScanFileError.damaged("told to"))
                    : Result { try plan.write(to: path, aside: path + ".part") }, in: world.index)
        default: world.change()
        }
    }

    @Test func aGroupOfManyDoesNotHideTheOthers() throws {
        var random = RepeatableRandom(seed: 3)
        let index = ResidentIndex(name: "c", dims: 8, metric: .cosine)
        var oracle = ExactIndex(dims: 8)
        let query = random.unitVector(dims: 8)
        for number in 0..<3_000 {
            // The first 2,900 are of one owner and closer than all others.
            let noise = random.unitVector(dims: 8)
            let vector = VectorMetric.cosine.prepared(
                number < 2_900 ? zip(query, noise).map { $0 + 0.05 * $1 } : noise)
            let owner = number < 2_900 ? "one" : "g\(number % 10)"
            try index.upsert(item: "i\(number)", owner: owner, vector: vector)
            oracle.upsert(item: "i\(number)", owner: owner, vector: vector)
        }
        let answer = try index.search(
            [IndexRequest(queries: [ScanQuery(query, metric: .cosine)], k: 11, filter: .everything, isExact: false)],
            cores: 1)
        let expected = oracle.search(query, k: 11)
        #expect(answer[0].matches[0].map(\.owner) == expected.map(\.owner))
        #expect(answer[0].matches[0].dropFirst().map(\.item) == expected.dropFirst().map(\.item))
    }

    @Test func equalScoresAreOrderedByItem() throws {
        let index = ResidentIndex(name: "c", dims: 2, metric: .cosine)
        for item in ["c", "a", "b"] { try index.upsert(item: item, owner: item, vector: [1, 0]) }
        let answer = try index.search(
            [IndexRequest(queries: [ScanQuery([1, 0], metric: .cosine)], k: 3, filter: .everything, isExact: false)],
            cores: 1)
        #expect(answer[0].matches[0].map(\.item) == ["a", "b", "c"])
    }

    @Test func whatWasRemovedIsNotInAFileThatWasWrittenAnew() throws {
        var world = try IndexWorld(seed: 1, metric: .cosine, dims: 8, isByOwner: false)
        let secret = world.vector()
        try world.index.upsert(
            item: "secret", owner: "secret", vector: secret, attributes: ["name": .text("confidential")])
        try world.index.upsert(item: "other", owner: "other", vector: world.vector())
        world.index.version = 1
        try world.write(isWhole: false)
        let patterns = [secret.withUnsafeBytes { Data($0) }, Data("secret".utf8), Data("confidential".utf8)]
        for pattern in patterns { #expect(try FileBytes.read(world.path).range(of: pattern) != nil) }
        #expect(try world.index.remove(item: "secret"))
        try world.write(isWhole: true)
        for pattern in patterns { #expect(try FileBytes.read(world.path).range(of: pattern) == nil) }
        #expect(world.index.deadRows == 0)
    }
}
