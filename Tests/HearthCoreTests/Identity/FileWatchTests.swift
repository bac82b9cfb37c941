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
        #expect(!watch.hasChanged(), "it is not there")
        try Data("one".utf8).write(to: url)
        #expect(watch.hasChanged())
        #expect(!watch.hasChanged())
        try Data("longer".utf8).write(to: url)
        #expect(watch.hasChanged())
        try Data("l0nger".utf8).write(to: url, options: .atomic)
        #expect(watch.hasChanged(), "another file of the same length")
        try FileManager.default.removeItem(at: url)
        #expect(!watch.hasChanged(), "it may be just about to be replaced")
    }
}
