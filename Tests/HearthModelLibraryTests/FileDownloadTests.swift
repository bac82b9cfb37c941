import HearthCore
import Testing

@testable import HearthModelLibrary

@Suite struct FileDownloadTests {
    private static let digest = String(repeating: "a", count: 64)

    private func download(
        bytes: Int? = nil, sha256: String? = digest, limit: Int = 1_000
    ) -> FileDownload {
        FileDownload(.init(name: "f", address: "https://a/f", bytes: bytes, sha256: sha256, limit: limit))
    }

    private func request(_ action: FileDownload.Action) -> (FileRequest, fresh: Bool)? {
        if case .ask(let request, let fresh) = action { (request, fresh) } else { nil }
    }

    private func failure(_ action: FileDownload.Action) -> (error: HearthError, discarding: Bool)? {
        if case .fail(let error, let discarding) = action { (error, discarding) } else { nil }
    }

    private func isPause(_ action: FileDownload.Action) -> Bool {
        if case .pause = action { true } else { false }
    }

    @Test func wholeFileIsVerifiedAndDone() {
        var download = download(bytes: 10)
        #expect(request(download.begin(onDisk: 0))?.0 == FileRequest(address: "https://a/f"))
        guard case .receive(fresh: true) = download.answered(FileHead(status: 200, length: 10)) else {
            Issue.record("the body should be taken")
            return
        }
        _ = download.received(10)
        guard case .verify = download.ended() else {
            Issue.record("the file should be verified")
            return
        }
        guard case .finish = download.verified(Self.digest) else {
            Issue.record("the file should be finished")
            return
        }
        #expect(download.state == .done)
    }

    @Test func cutFileGoesOnWhereItStoppedIfItIsTheSame() {
        var download = download()
        _ = download.begin(onDisk: 0)
        _ = download.answered(FileHead(status: 200, length: 10, validator: "\"e\""))
        _ = download.received(4)
        #expect(isPause(download.broke(.cut)))
        let next = request(download.paused())
        #expect(next?.0 == FileRequest(address: "https://a/f", offset: 4, validator: "\"e\""))
        #expect(next?.fresh == false)
    }

    @Test func bytesThatNothingSpeaksForAreNotGoneOnWith() {
        var download = download(sha256: nil)
        _ = download.begin(onDisk: 0)
        _ = download.answered(FileHead(status: 200, length: 10))
        _ = download.received(4)
        _ = download.broke(.cut)
        #expect(request(download.paused())?.0.offset == 0)
        var other = self.download(sha256: nil)
        #expect(request(other.begin(onDisk: 4))?.fresh == true)
    }

    @Test func anotherFileStartsOver() {
        for head in [
            FileHead(status: 206, length: 6, rangeStart: 4, rangeTotal: 10, validator: "\"changed\""),
            FileHead(status: 206, length: 6, rangeStart: 3, rangeTotal: 10, validator: "\"e\""),
            FileHead(status: 206, length: 2, rangeStart: 4, rangeTotal: 10, validator: "\"e\""),
            FileHead(status: 416, rangeTotal: 3),
        ] {
            var download = download()
            _ = download.begin(onDisk: 4, validator: "\"e\"")
            #expect(isPause(download.answered(head)))
            let next = request(download.paused())
            #expect(next?.0 == FileRequest(address: "https://a/f") && next?.fresh == true, "\(head)")
        }
    }

    @Test func everythingIsThereAlready() {
        var download = download()
        _ = download.begin(onDisk: 4, validator: "\"e\"")
        guard case .verify = download.answered(FileHead(status: 416, rangeTotal: 4)) else {
            Issue.record("nothing is left to download")
            return
        }
        var known = self.download(bytes: 4)
        guard case .verify = known.begin(onDisk: 4, validator: "\"e\"") else {
            Issue.record("nothing is left to ask for")
            return
        }
    }

    @Test func lengthsThatLieAreRefused() {
        var announced = download(bytes: 10)
        _ = announced.begin(onDisk: 0)
        #expect(failure(announced.answered(FileHead(status: 200, length: 11)))?.discarding == true)
        var sent = download(bytes: 10)
        _ = sent.begin(onDisk: 0)
        _ = sent.answered(FileHead(status: 200, isDelimited: true))
        #expect(failure(sent.received(11))?.discarding == true)
        var huge = download(limit: 10)
        _ = huge.begin(onDisk: 0)
        #expect(failure(huge.answered(FileHead(status: 200, length: 11)))?.discarding == true)
        var endless = download(limit: 10)
        _ = endless.begin(onDisk: 0)
        _ = endless.answered(FileHead(status: 200, isDelimited: true))
        #expect(failure(endless.received(11)) != nil)
    }

    @Test func cutThatWouldNotShowIsRefused() {
        var download = download(sha256: nil)
        _ = download.begin(onDisk: 0)
        #expect(failure(download.answered(FileHead(status: 200, isDelimited: false))) != nil)
    }

    @Test func wrongBytesSayBothDigestsAndAreThrownAway() throws {
        var download = download()
        _ = download.begin(onDisk: 0)
        _ = download.answered(FileHead(status: 200, length: 1))
        _ = download.received(1)
        _ = download.ended()
        let refusal = try #require(failure(download.verified("other")))
        #expect(refusal.discarding)
        #expect(refusal.error.message.contains(Self.digest) && refusal.error.message.contains("other"))
    }

    @Test func spoiltRestOfAnEarlierAttemptStartsOverOnce() {
        var download = download(bytes: 4)
        _ = download.begin(onDisk: 4, validator: "\"e\"")
        #expect(request(download.verified("other"))?.fresh == true)
        _ = download.answered(FileHead(status: 200, length: 4, validator: "\"e\""))
        _ = download.received(4)
        _ = download.ended()
        #expect(failure(download.verified("other")) != nil)
    }

    @Test func fruitlessAttemptsEndAndFruitfulOnesDoNotCount() throws {
        var download = download()
        _ = download.begin(onDisk: 0)
        for position in 1...20 {
            _ = download.answered(
                FileHead(
                    status: position == 1 ? 200 : 206, length: 101 - position, rangeStart: position - 1, validator: "v")
            )
            _ = download.received(1)
            #expect(isPause(download.broke(.cut)))
            _ = download.paused()
        }
        // The twentieth one was cut, too: it counts as the first without fruit when the next ones bring nothing.
        for _ in 2..<Limits.downloadFruitlessAttempts {
            #expect(isPause(download.broke(.stalled)))
            _ = download.paused()
        }
        let refusal = try #require(failure(download.broke(.stalled)))
        #expect(!refusal.discarding, "a later attempt goes on with what is there")
    }

    /// A person waits for the word that a name is wrong or that there is no network.
    @Test func anAddressThatLeadsNowhereIsGivenUpSoon() throws {
        var download = download()
        _ = download.begin(onDisk: 0)
        for _ in 1..<Limits.downloadFirstAttempts {
            #expect(isPause(download.broke(.unreachable("the name is unknown"))))
            _ = download.paused()
        }
        let refusal = try #require(failure(download.broke(.unreachable("the name is unknown"))))
        #expect(refusal.error.message.contains("the name is unknown"))
        #expect(Limits.downloadFirstAttempts < Limits.downloadFruitlessAttempts)
    }

    @Test func pausesGrowAndServersMayWishForLongerOnes() {
        var download = download()
        _ = download.begin(onDisk: 0)
        var pauses: [Duration] = []
        for _ in 0..<4 {
            if case .pause(let pause) = download.answered(FileHead(status: 503)) { pauses.append(pause) }
            _ = download.paused()
        }
        #expect(pauses == [1, 2, 4, 8].map { Limits.downloadBackoff.first * $0 })
        guard case .pause(let wished) = download.answered(FileHead(status: 429, retryAfter: 3_000)) else {
            Issue.record("429 passes")
            return
        }
        #expect(wished == Limits.downloadBackoff.longest)
    }

    @Test(arguments: [400, 401, 403, 404, 410, 418])
    func refusalIsFinal(status: Int) {
        var download = download()
        _ = download.begin(onDisk: 0)
        #expect(failure(download.answered(FileHead(status: status))) != nil)
        #expect(download.state == .failed)
    }

    @Test func eventsOutOfPlaceDoNothing() {
        var download = download()
        for action in [download.received(1), download.ended(), download.paused(), download.verified(Self.digest)] {
            guard case .proceed = action else {
                Issue.record("\(action)")
                continue
            }
        }
        #expect(download.state == .idle)
    }
}
