import HearthCore
import Testing

@testable import HearthCommand

/// What is logged of what does not work.
@Suite struct LossReportTests {
    @Test func aLossIsToldWhenItLasts() {
        var report = LossReport()
        #expect(report.take(["embeddings"]) == [])
        #expect(report.take([]) == [], "a worker was replaced: no news")
        #expect(report.take(["cache", "embeddings"]) == [])
        #expect(report.take(["cache", "embeddings"]) == [.lost("cache"), .lost("embeddings")])
        #expect(report.take(["cache", "embeddings"]) == [], "once")
        #expect(report.take(["cache"]) == [.back("embeddings")])
        #expect(report.take([]) == [.back("cache")])
    }

    @Test func aDiskThatCannotBeWrittenIsALoss() {
        #expect(StorageCondition.writable.loss == nil)
        #expect(StorageCondition.full.loss?.contains("full") == true)
        #expect(StorageCondition.unwritable("Read-only file system").loss?.contains("Read-only") == true)
    }
}
