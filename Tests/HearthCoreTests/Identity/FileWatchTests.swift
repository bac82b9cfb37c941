import Foundation
import HearthCore
import HearthTesting
import Testing

/// A file that was written or replaced is noticed once.
@Suite struct FileWatchTests {
    @Test func writingReplacingAndRemovingAreToldApart() throws {
        let folder = try TemporaryFolder(.memory)
        let url = URL(fileURLWithPath: folder.file("a"))
        var watch = FileWatch(url.path)
        var seen: [Bool] = []
        seen.append(watch.hasChanged())
        try Data("one".utf8).write(to: url)
        seen.append(watch.hasChanged())
        seen.append(watch.hasChanged())
        try Data("longer".utf8).write(to: url)
        seen.append(watch.hasChanged())
        // Another file of the same length.
        try Data("l0nger".utf8).write(to: url, options: .atomic)
        seen.append(watch.hasChanged())
        // It may be just about to be replaced.
        try FileManager.default.removeItem(at: url)
        seen.append(watch.hasChanged())
        #expect(seen == [false, true, false, true, true, false])
    }
}
