import Testing

@testable import HearthDoors

@Suite struct FileRequestTests {
    private let tag = "\"abc\""

    private func answer(_ range: String, size: Int = 1_000, ifRange: String? = nil) -> FileRequest.Answer {
        FileRequest(range: range, ifRange: ifRange).answer(size: size, tag: tag)
    }

    @Test func aRangeIsCutAtTheEndOfTheFile() {
        #expect(answer("bytes=0-0") == .part(0..<1))
        #expect(answer("bytes=10-19") == .part(10..<20))
        #expect(answer("bytes=990-") == .part(990..<1_000))
        #expect(answer("bytes=0-99999999999999999999") == .part(0..<1_000))
        #expect(answer("Bytes=999-999") == .part(999..<1_000))
        #expect(answer("bytes=-1") == .part(999..<1_000))
        #expect(answer("bytes=-5000") == .part(0..<1_000))
        #expect(answer("bytes= 1- 2") == .part(1..<3))
    }

    @Test(arguments: ["bytes=1000-", "bytes=1000-2000", "bytes=-0", "bytes=99999999999999999999-"])
    func aRangeBeyondTheEndCannotBeMet(range: String) {
        #expect(answer(range) == .unsatisfiable)
    }

    @Test func anEmptyFileHasNoRange() {
        #expect(answer("bytes=0-", size: 0) == .unsatisfiable)
        #expect(answer("bytes=-1", size: 0) == .unsatisfiable)
        #expect(FileRequest().answer(size: 0, tag: tag) == .whole)
    }

    @Test(
        arguments: [
            "bytes=2-1", "bytes=a-b", "bytes=-", "bytes=1", "bytes=1-2-3", "bytes=0-1,3-4", "rows=0-1", "",
            "bytes=+1-2",
        ])
    func whatIsNoSingleRangeIsAnsweredByTheWhole(range: String) {
        #expect(answer(range) == .whole)
    }

    @Test func aRangeOfAnotherVersionIsAnsweredByTheWhole() {
        #expect(answer("bytes=0-1", ifRange: tag) == .part(0..<2))
        #expect(answer("bytes=0-1", ifRange: "\"old\"") == .whole)
        #expect(answer("bytes=0-1", ifRange: "W/\"abc\"") == .whole, "a weak tag does not say that bytes are equal")
    }

    @Test func aVersionThatTheClientHasIsNotSentAgain() {
        for list in ["\"abc\"", "*", "\"x\", W/\"abc\" ,\"y\""] {
            #expect(FileRequest(ifNoneMatch: list, range: "bytes=0-1").answer(size: 9, tag: tag) == .notModified)
        }
        #expect(FileRequest(ifNoneMatch: "\"x\"").answer(size: 9, tag: tag) == .whole)
        #expect(FileRequest(ifNoneMatch: "abc").answer(size: 9, tag: tag) == .whole)
    }

    @Test func anotherVersionThanTheWantedOneIsRefused() {
        #expect(FileRequest(ifMatch: "\"x\"").answer(size: 9, tag: tag) == .preconditionFailed)
        #expect(FileRequest(ifMatch: "W/\"abc\"").answer(size: 9, tag: tag) == .preconditionFailed)
        #expect(FileRequest(ifMatch: "\"x\", \"abc\"").answer(size: 9, tag: tag) == .whole)
    }
}
