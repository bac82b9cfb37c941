import Foundation
import HearthCore
import Testing

@testable import HearthStudio

/// How many pictures of unfinished work get into a job's events.
@Suite struct PreviewThinningTests {
    private let picture = Data([0xFF, 0xD8, 0xFF, 1, 2, 3])

    @Test func aPictureIsADataURL() {
        let url = PreviewThinning().kept(picture)
        #expect(url == "data:image/jpeg;base64,\(picture.base64EncodedString())")
    }

    @Test func whatComesTooSoonIsTooLargeOrNoPictureIsLeftOut() {
        let time = Locked(ContinuousClock.now)
        let previews = PreviewThinning(now: { time.withLock { $0 } })
        #expect(previews.kept(nil) == nil && previews.kept(Data("text".utf8)) == nil)
        #expect(previews.kept(picture + Data(count: Limits.previewBytes)) == nil)
        #expect(previews.kept(picture) != nil && previews.kept(picture) == nil)
        time.withLock { $0 += Limits.previewInterval }
        #expect(previews.kept(picture) != nil)
    }

    @Test func oneJobKeepsABoundedNumber() {
        let time = Locked(ContinuousClock.now)
        let previews = PreviewThinning(now: { time.withLock { $0 } })
        let kept = (0..<200).count { _ in
            time.withLock { $0 += .seconds(1) }
            return previews.kept(picture) != nil
        }
        #expect(kept == Limits.previewsOfJob)
    }
}
