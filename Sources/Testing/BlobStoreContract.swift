import Foundation
package import HearthCore

/// What every ``BlobStore`` promises; each promise wants a store without files.
package enum BlobStoreContract {
    package typealias Promise = ContractPromise<any BlobStore>

    /// All of them.
    package static let promises: [Promise] = [
        Promise("what is written is read back", check: keepsBytes),
        Promise("a file written in pieces is the pieces in their order", check: joinsPieces),
        Promise("a file that grows beyond its limit is refused and leaves nothing", check: keepsLimit),
        Promise("pieces that end with an error leave nothing", check: dropsBrokenPieces),
        Promise("a range is what the whole has there", check: readsRanges),
        Promise("a file that is removed while it is read is read to its end", check: readsRemoved),
        Promise("what does not exist is not found, and is removed without an error", check: findsNothing),
        Promise("a staged file becomes a file of the store, once", check: adopts),
        Promise("only a staged file is adopted", check: refusesStrangers),
        Promise("staged files that are not adopted are removed", check: removesStaged),
        Promise("pages of a list have each file once", check: listsPages),
    ]

    private struct Broken: Error {}

    /// - Parameter breaks: whether an error follows the last piece.
    private static func stream(_ pieces: [Data], breaks: Bool = false) -> AsyncThrowingStream<Data, any Error> {
        AsyncThrowingStream { continuation in
            for piece in pieces { continuation.yield(piece) }
            continuation.finish(throwing: breaks ? Broken() : nil)
        }
    }

    private static func bytes(_ count: Int, seed: UInt64 = 1) -> Data {
        var random = RepeatableRandom(seed: seed)
        return Data((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) })
    }

    private static func all(_ store: any BlobStore) async throws -> [String] {
        try await store.list("files", after: nil, limit: 1_000)
    }

    private static func keepsBytes(_ store: any BlobStore) async throws {
        for count in [0, 1, 4_096, Limits.journalFileBytes + 1] {
            let bytes = bytes(count)
            try await store.write(bytes, to: "files/\(count)")
            try promise(try await store.read("files/\(count)") == bytes, "\(count) bytes")
        }
        try await store.write(bytes(3, seed: 2), to: "files/4096")
        try promise(try await store.read("files/4096"), is: bytes(3, seed: 2), "a file that was written again")
    }

    private static func joinsPieces(_ store: any BlobStore) async throws {
        let pieces = [bytes(1), Data(), bytes(100_000, seed: 2), bytes(7, seed: 3)]
        let count = try await store.write(stream(pieces), to: "files/a", limit: 100_008)
        try promise(count, is: 100_008, "bytes of a file at its limit")
        try promise(try await store.read("files/a") == Data(pieces.joined()), "the file")
        try promise(try await store.write(stream([]), to: "files/b", limit: 0), is: 0, "bytes of no pieces")
        try promise(try await store.read("files/b"), is: Data(), "the file of no pieces")
    }

    private static func keepsLimit(_ store: any BlobStore) async throws {
        try await promiseRefusal(.bodyTooLarge, "one byte too many") {
            _ = try await store.write(stream([bytes(10), bytes(11)]), to: "files/p/a", limit: 20)
        }
        try promise(try await all(store), is: [], "files")
    }

    private static func dropsBrokenPieces(_ store: any BlobStore) async throws {
        try await store.write(bytes(3), to: "files/a")
        do {
            _ = try await store.write(stream([bytes(10)], breaks: true), to: "files/a", limit: 100)
            try promise(false, "the error of the pieces reaches the caller")
        } catch is Broken {}
        try promise(try await all(store), is: ["files/a"], "files")
        try promise(try await store.read("files/a"), is: bytes(3), "the file that was to be replaced")
    }

    private static func readsRanges(_ store: any BlobStore) async throws {
        let whole = bytes(200_000)
        try await store.write(whole, to: "files/a")
        let file = try await store.open("files/a")
        try promise(file.size, is: whole.count, "the size")
        for range in [0..<0, 0..<1, 17..<100_000, 199_999..<200_000, 0..<200_000] {
            try promise(try await file.read(range) == whole[range], "the range \(range)")
        }
        try promise(try await file.read(199_990..<300_000) == whole[199_990...], "a range beyond the end")
        try promise(try await file.read(200_000..<200_001), is: Data(), "a range behind the end")
    }

    private static func readsRemoved(_ store: any BlobStore) async throws {
        let whole = bytes(100_000)
        try await store.write(whole, to: "files/a")
        let file = try await store.open("files/a")
        try promise(try await file.read(0..<10) == whole[0..<10], "before")
        try await store.remove("files/a")
        try promise(try await file.read(10..<100_000) == whole[10...], "after")
    }

    private static func findsNothing(_ store: any BlobStore) async throws {
        try await promiseRefusal(.notFound, "reading") { _ = try await store.read("files/none") }
        try await promiseRefusal(.notFound, "opening") { _ = try await store.open("files/none") }
        try await store.write(bytes(3), to: "files/a")
        try await store.remove(["files/none", "files/a", "files/none/none"])
        try promise(try await all(store), is: [], "files")
        try await store.remove([])
    }

    private static func adopts(_ store: any BlobStore) async throws {
        let bytes = bytes(100_000)
        let staged = try await store.stage("clip.mp4")
        try promise(staged.hasSuffix("clip.mp4"), "the end of the name is kept: \(staged)")
        try promise(try await store.stage("clip.mp4") != staged, "two staged files have two paths")
        try bytes.write(to: URL(fileURLWithPath: staged))
        try promise(try await all(store), is: [], "files before")
        try await store.adopt(staged, as: "files/p/clip.mp4")
        try promise(try await store.read("files/p/clip.mp4") == bytes, "the adopted file")
        try promise(!FileManager.default.fileExists(atPath: staged), "the staged file is gone")
        try await promiseRefusal(.notFound, "adopting again") { try await store.adopt(staged, as: "files/b") }
        try promise(try await all(store), is: ["files/p/clip.mp4"], "files after")
    }

    private static func refusesStrangers(_ store: any BlobStore) async throws {
        let staged = try await store.stage("x")
        for strange in ["/etc/hostname", "\(staged)/../../x", "x", ""] {
            try await promiseRefusal(.internalError, strange) { try await store.adopt(strange, as: "files/a") }
        }
        try promise(try await all(store), is: [], "files")
    }

    private static func removesStaged(_ store: any BlobStore) async throws {
        let staged = try await store.stage("x")
        try bytes(3).write(to: URL(fileURLWithPath: staged))
        let names = try await store.staged(limit: 9)
        try promise(names.map { staged.hasSuffix("/\($0)") }, is: [true], "its name")
        try await store.removeStaged(names + ["absent"])
        try promise(!FileManager.default.fileExists(atPath: staged), "it is removed")
        try promise(try await store.staged(limit: 9), is: [], "names afterwards")
        try bytes(3).write(to: URL(fileURLWithPath: try await store.stage("y")))
    }

    private static func listsPages(_ store: any BlobStore) async throws {
        let names = (0..<7).map { "files/\($0 % 3)/\($0)" } + ["files/0.x", "files/9"]
        for name in names { try await store.write(Data([1]), to: name) }
        try await store.write(Data([1]), to: "others/a")
        for limit in 1...9 {
            var (found, last): ([String], String?) = ([], nil)
            repeat {
                let page = try await store.list("files", after: last, limit: limit)
                found += page
                last = page.count == limit ? page.last : nil
            } while last != nil
            try promise(found.sorted(), is: names.sorted(), "pages of \(limit)")
        }
    }
}
