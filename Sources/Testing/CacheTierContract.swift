import HearthCore
package import HearthInference

import struct Foundation.Data

/// What every ``CacheTier`` promises; each promise wants a tier that is empty.
package enum CacheTierContract {
    package typealias Promise = ContractPromise<Subject>

    /// A tier, and what a test needs to know about it.
    package struct Subject: Sendable {
        package let tier: any CacheTier
        package let clock: ManualClock
        /// How long an unused entry is kept.
        package let lifetime: Duration
        /// Returns when everything stored has reached its place, and what is too much has left.
        package let settle: @Sendable () async -> Void

        package init(
            tier: any CacheTier, clock: ManualClock, lifetime: Duration,
            settle: @escaping @Sendable () async -> Void = {}
        ) {
            self.tier = tier
            self.clock = clock
            self.lifetime = lifetime
            self.settle = settle
        }

        func store(_ entries: [CacheEntry]) async {
            tier.store(entries)
            await settle()
        }
    }

    /// All of them.
    package static let promises = [
        Promise("what was stored is found, bit for bit", check: findsWhatWasStored),
        Promise("what was not stored is not found", check: findsNothingElse),
        Promise("answers come in the order of the keys", check: keepsOrder),
        Promise("the same key stored again is replaced", check: replaces),
        Promise("an entry is forgotten after its lifetime", check: forgetsInTime),
        Promise("more than the budget is not kept, and the newest is", check: staysWithinBudget),
        Promise("an entry beyond the budget does no harm", check: refusesGiants),
        Promise("many at once lose nothing and mix nothing up", check: isSafeAtOnce),
        Promise("no keys, no answers", check: takesNothing),
    ]

    /// An entry whose vector is told by its number.
    package static func entry(_ number: Int, dims: Int = 16, model: String = "model") -> CacheEntry {
        let identity = ModelIdentity(id: model, digest: "digest-of-\(model)", dims: dims, precision: "f32")
        let content = ContentHash(.tokens([Int32(number)]), truncates: true)
        var random = RepeatableRandom(seed: UInt64(number))
        return CacheEntry(
            key: CacheKey(content, model: identity, tenant: .local),
            embedding: CachedEmbedding(
                vector: random.unitVector(dims: dims), norm: Float(number) + 0.5, tokens: number, model: identity))
    }

    private static func findsWhatWasStored(_ subject: Subject) async throws {
        let odd: [Float] = [0, -0.0, .leastNonzeroMagnitude, -.pi, .greatestFiniteMagnitude, 1 / 3]
        let identity = ModelIdentity(id: "é", digest: "d", dims: odd.count, precision: "bf16")
        let key = CacheKey(
            ContentHash(.image(Data([1])), truncates: true), model: identity, tenant: Tenant(rawValue: "t"))
        let stored = CachedEmbedding(vector: odd, norm: 0.1, tokens: 7, model: identity)
        await subject.store([CacheEntry(key: key, embedding: stored), entry(1)])
        let found = await subject.tier.find([key, entry(1).key])
        try promise(found[0]?.vector.map(\.bitPattern), is: odd.map(\.bitPattern), "the bits of the vector")
        try promise(found, is: [stored, entry(1).embedding], "what was stored")
    }

    private static func findsNothingElse(_ subject: Subject) async throws {
        try promise(await subject.tier.find([entry(1).key]), is: [nil], "an empty tier's answer")
        await subject.store([entry(1)])
        try promise(await subject.tier.find([entry(2).key]), is: [nil], "another key's answer")
        try promise(
            await subject.tier.find([entry(1, model: "other").key]), is: [nil], "the same content by another model")
    }

    private static func keepsOrder(_ subject: Subject) async throws {
        await subject.store([entry(1), entry(2), entry(3)])
        let found = await subject.tier.find([3, 9, 1, 3, 2].map { entry($0).key })
        try promise(found.map { $0?.tokens }, is: [3, nil, 1, 3, 2], "the answers")
    }

    private static func replaces(_ subject: Subject) async throws {
        let old = entry(1)
        let changed = CacheEntry(
            key: old.key,
            embedding: CachedEmbedding(
                vector: entry(2).embedding.vector, norm: 3, tokens: 3, model: old.embedding.model))
        await subject.store([old])
        await subject.store([changed])
        try promise(await subject.tier.find([old.key]), is: [changed.embedding], "the entry")
        try promise(subject.tier.state.entries, is: 1, "entries")
    }

    private static func forgetsInTime(_ subject: Subject) async throws {
        await subject.store([entry(1)])
        subject.clock.advance(by: subject.lifetime - .milliseconds(1))
        try promise(await subject.tier.find([entry(1).key])[0] != nil, "it is there until the end")
        subject.clock.advance(by: subject.lifetime + .milliseconds(1))
        try promise(await subject.tier.find([entry(1).key]), is: [nil], "the answer after the end")
    }

    private static func staysWithinBudget(_ subject: Subject) async throws {
        let budget = subject.tier.state.byteBudget
        // Far more than fits: 256 dimensions take more than 1 KiB each.
        let count = 2 * budget / 1_024 + 1
        for number in 0..<count {
            await subject.store([entry(number, dims: 256)])
            subject.clock.advance(by: .milliseconds(1))
            try promise(subject.tier.state.bytes <= budget, "\(subject.tier.state) after entry \(number)")
        }
        let found = await subject.tier.find([entry(0, dims: 256).key, entry(count - 1, dims: 256).key])
        try promise(found.map { $0 != nil }, is: [false, true], "first and last")
    }

    private static func refusesGiants(_ subject: Subject) async throws {
        let dims = subject.tier.state.byteBudget / 4 + 1
        await subject.store([entry(1)])
        await subject.store([entry(2, dims: dims)])
        try promise(subject.tier.state.bytes <= subject.tier.state.byteBudget, "\(subject.tier.state)")
        await subject.store([entry(3)])
        let found = await subject.tier.find([1, 2, 3].map { $0 == 2 ? entry(2, dims: dims).key : entry($0).key })
        try promise(found, is: [entry(1).embedding, nil, entry(3).embedding], "the giant and its neighbours")
    }

    private static func isSafeAtOnce(_ subject: Subject) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for number in 0..<5 {
                        let own = task * 5 + number
                        await subject.store([entry(own)])
                        let found = await subject.tier.find((0..<40).map { entry($0).key })
                        for (index, embedding) in found.enumerated() {
                            try promise(
                                embedding == nil || embedding == entry(index).embedding, "entry \(index) is its own")
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        await subject.settle()
        let found = await subject.tier.find((0..<40).map { entry($0).key })
        try promise(found.count { $0 != nil }, is: 40, "entries found")
    }

    private static func takesNothing(_ subject: Subject) async throws {
        await subject.store([])
        try promise(await subject.tier.find([]), is: [], "answers")
        try promise(subject.tier.state.entries, is: 0, "entries")
    }
}
