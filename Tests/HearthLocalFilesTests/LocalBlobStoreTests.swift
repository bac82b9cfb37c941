import Foundation
import HearthCore
import HearthTesting
import Testing

@testable import HearthLocalFiles

/// Files are whole or not there, folders come and go with them, and a folder that cannot be written is an error that
/// passes when the folder is mended.
@Suite(.timeLimit(.minutes(3))) struct LocalBlobStoreTests {
    private let folder: TemporaryFolder
    private let threads: ThreadsOfTest
    private let blobs: LocalBlobStore

    /// Ends the threads with the test.
    private final class ThreadsOfTest: Sendable {
        let threads = BlockingThreads(name: "test-files", threads: 4)

        deinit { threads.stop() }
    }

    init() throws {
        folder = try TemporaryFolder()
        threads = ThreadsOfTest()
        blobs = LocalBlobStore(root: folder.path, threads: threads.threads)
    }

    /// Everything below the folder, with its kind: `d projects`, `f projects/a.png`.
    private func contents() -> [String] {
        let walker = FileManager.default.enumerator(atPath: folder.path)
        var names: [String] = []
        while let name = walker?.nextObject() as? String {
            let isFolder = walker?.fileAttributes?[.type] as? FileAttributeType == .typeDirectory
            names.append("\(isFolder ? "d" : "f") \(name)")
        }
        return names.sorted()
    }

    private func refusal(_ body: () async throws -> Void) async -> HearthError.Code? {
        await #expect(throws: HearthError.self) { try await body() }?.code
    }

    private func bytes(_ count: Int, seed: UInt64 = 1) -> Data {
        var random = RepeatableRandom(seed: seed)
        return Data((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) })
    }

    @Test func aFileThatCannotBeReadIsTheFaultOfThatFile() async throws {
        try await blobs.write(bytes(3), to: "projects/good")
        try await blobs.write(bytes(3), to: "projects/closed")
        chmod(folder.file("projects/closed"), 0)
        let (root, threads) = (folder.path, threads.threads)
        let code = withoutPrivileges { () -> HearthError.Code? in
            do {
                _ = try LocalBlobReader("projects/closed", below: root, threads: threads)
                return nil
            } catch { return (error as? HearthError)?.code }
        }
        #expect(code == .fileUnreadable)
        #expect(try await blobs.read("projects/good") == bytes(3))
        #expect(await refusal { _ = try await blobs.read("projects/none") } == .notFound)
    }

    /// An unpacked archive may hold a link to any file of the machine, and a row may name it.
    @Test func noSymbolicLinkIsReadWrittenOrRemovedThrough() async throws {
        let outside = try TemporaryFolder()
        try bytes(3).write(to: URL(fileURLWithPath: outside.file("secret.png")))
        try await blobs.write(bytes(3), to: "projects/p/own.png")
        symlink(outside.file("secret.png"), folder.file("projects/p/a.png"))
        symlink(folder.file("projects/p/own.png"), folder.file("projects/p/inside.png"))
        symlink("self", folder.file("projects/self"))
        symlink(outside.path, folder.file("projects/q"))
        for path in [
            "projects/p/a.png", "projects/p/inside.png", "projects/q/secret.png", "projects/self", "../secret.png",
            "projects/../../secret.png",
        ] {
            #expect(await refusal { _ = try await blobs.read(path) } == .notFound, "\(path)")
            #expect(await refusal { _ = try await blobs.open(path) } == .notFound, "\(path)")
        }
        #expect(try await blobs.list("projects", after: nil, limit: 10) == ["projects/p/own.png"])
        #expect(try await blobs.list("projects/q", after: nil, limit: 10) == [])
        #expect(await refusal { try await blobs.write(bytes(1), to: "projects/q/new.png") } == .storageUnavailable)
        let staged = try await blobs.stage("new.png")
        try bytes(1).write(to: URL(fileURLWithPath: staged))
        #expect(await refusal { try await blobs.adopt(staged, as: "projects/q/new.png") } == .storageUnavailable)
        try await blobs.remove(["projects/q/secret.png"])
        try await blobs.removeEmptyFolders(below: "projects/q")
        #expect(try FileManager.default.contentsOfDirectory(atPath: outside.path) == ["secret.png"])
        // The link itself is a file of the folder, and goes as one.
        try await blobs.remove(["projects/p/a.png"])
        #expect(try Data(contentsOf: URL(fileURLWithPath: outside.file("secret.png"))) == bytes(3))
        #expect(try await blobs.read("projects/p/own.png") == bytes(3))
    }

    @Test func theDataFolderItselfMayBeALink() async throws {
        let place = try TemporaryFolder()
        symlink(folder.path, place.file("data"))
        let linked = LocalBlobStore(root: place.file("data"), threads: threads.threads)
        try await linked.write(bytes(3), to: "projects/a")
        #expect(try await linked.read("projects/a") == bytes(3))
        #expect(try await blobs.read("projects/a") == bytes(3))
    }

    @Test func aPipeHoldsUpNobody() async throws {
        try await blobs.write(bytes(3), to: "projects/a")
        mkfifo(folder.file("projects/pipe"), 0o600)
        #expect(await refusal { _ = try await blobs.read("projects/pipe") } == .notFound)
        let staged = try await blobs.stage("pipe")
        mkfifo(staged, 0o600)
        #expect(await refusal { try await blobs.adopt(staged, as: "projects/b") } == .notFound)
    }

    @Test(arguments: [true, false]) func linksAreFoundWithAndWithoutTheKernel(usesKernel: Bool) async throws {
        try await blobs.write(bytes(3), to: "projects/p/own.png")
        symlink("own.png", folder.file("projects/p/a.png"))
        symlink("p", folder.file("projects/q"))
        func open(_ path: String) -> Int32 {
            let descriptor = LinklessPath.open(
                path, below: folder.path, O_RDONLY | O_NONBLOCK, usesKernel: usesKernel)
            guard descriptor >= 0 else { return errno }
            close(descriptor)
            return 0
        }
        #expect(open("projects/p/own.png") == 0 && open("projects/./p") == 0 && open(".") == 0)
        #expect(open("projects/p/a.png") == ELOOP && open("projects/q/own.png") == ELOOP)
        #expect(open("projects/../../x") == EXDEV)
        #expect(open("projects/none/x") == ENOENT && open("projects/p/own.png/x") == ENOTDIR)
    }

    @Test(arguments: [0, 1, 4_096, 3_000_000]) func whatIsWrittenIsReadBack(count: Int) async throws {
        let bytes = bytes(count)
        try await blobs.write(bytes, to: "projects/p/a.png")
        #expect(try await blobs.read("projects/p/a.png") == bytes)
        #expect(contents() == ["d projects", "d projects/p", "f projects/p/a.png"], "nothing but the file")
    }

    @Test func aFileIsForItsOwnerOnly() async throws {
        try await blobs.write(bytes(3), to: "projects/a.png")
        for (name, mode) in [("projects", 0o700), ("projects/a.png", 0o600)] {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.file(name))
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == mode)
        }
    }

    @Test func aFileIsReplacedAsAWhole() async throws {
        let versions = (1...2).map { bytes(200_000, seed: UInt64($0)) }
        try await blobs.write(versions[0], to: "a")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for number in 0..<30 { try await blobs.write(versions[number % 2], to: "a") }
            }
            group.addTask {
                for _ in 0..<60 {
                    let seen = try await blobs.read("a")
                    #expect(versions.contains(seen))
                }
            }
            try await group.waitForAll()
        }
        #expect(contents() == ["f a"])
    }

    @Test func whatDoesNotExistIsNotFound() async throws {
        #expect(await refusal { _ = try await blobs.read("none") } == .notFound)
        #expect(await refusal { _ = try await blobs.read("none/none") } == .notFound)
        try await blobs.remove("none/none")
        #expect(try await blobs.list("none", after: nil, limit: 9) == [])
        #expect(contents() == [])
    }

    @Test func foldersGoWithTheirLastFile() async throws {
        try await blobs.write(bytes(3), to: "projects/p/anchors/a.png")
        try await blobs.write(bytes(3), to: "projects/p/b.png")
        try await blobs.remove("projects/p/anchors/a.png")
        #expect(contents() == ["d projects", "d projects/p", "f projects/p/b.png"])
        try await blobs.remove("projects/p/b.png")
        #expect(contents() == [])
        #expect(FileManager.default.fileExists(atPath: folder.path), "the data folder itself stays")
    }

    @Test func severalFilesAreRemovedAndAFolderIsNot() async throws {
        for name in ["projects/p/a", "projects/p/b/c", "projects/q/d"] { try await blobs.write(bytes(3), to: name) }
        #expect(await refusal { try await blobs.remove(["projects/p/b", "projects/p/a"]) } == .storageUnavailable)
        #expect(
            contents() == ["d projects", "d projects/p", "d projects/p/b", "d projects/q"] + [
                "f projects/p/b/c", "f projects/q/d",
            ], "what could be removed is removed")
        try await blobs.remove(["projects/p/b/c", "projects/none", "projects/q/d"])
        #expect(contents() == [])
    }

    @Test func emptyFoldersAreRemovedAndOthersStay() async throws {
        try await blobs.write(Data([1]), to: "projects/p/a")
        for name in ["projects/q/r/s", "projects/p/t"] {
            try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: true)
        }
        try await blobs.removeEmptyFolders(below: "projects")
        #expect(contents() == ["d projects", "d projects/p", "f projects/p/a"])
    }

    @Test(arguments: 1...8) func pagesOfAListMeetWithoutGapsAndRepetitions(limit: Int) async throws {
        // Names that sort otherwise as whole paths than name by name: "." comes before "/".
        let names = ["p/a", "p/b/c", "p/b/d/e", "p/b.x", "p.x/f", "p/z", "q"].map { "projects/\($0)" }
        for name in names { try await blobs.write(Data([1]), to: name) }
        var (found, last): ([String], String?) = ([], nil)
        while true {
            let page = try await blobs.list("projects", after: last, limit: limit)
            found += page
            guard page.count == limit else { break }
            last = page.last
            // What goes between two pages does not disturb the next.
            if let last { try await blobs.remove(last) }
        }
        #expect(found.count == names.count && Set(found) == Set(names))
    }

    @Test func aNameThatIsTakenByAFolderLeavesNoPartialFile() async throws {
        try await blobs.write(bytes(3), to: "projects/p/a")
        #expect(await refusal { try await blobs.write(bytes(3), to: "projects/p") } == .storageUnavailable)
        #expect(contents() == ["d projects", "d projects/p", "f projects/p/a"])
    }

    @Test func aFileInPlaceOfAFolderIsAnErrorThatPassesWhenItIsMended() async throws {
        try Data().write(to: URL(fileURLWithPath: folder.file("projects")))
        for path in ["projects/a", "projects/p/a"] {
            #expect(await refusal { try await blobs.write(bytes(3), to: path) } == .storageUnavailable)
        }
        #expect(contents() == ["f projects"])
        try FileManager.default.removeItem(atPath: folder.file("projects"))
        try await blobs.write(bytes(3), to: "projects/p/a")
        #expect(try await blobs.read("projects/p/a").count == 3)
    }

    @Test(.enabled(if: geteuid() != 0, "the superuser may write to any folder"))
    func aFolderThatMayNotBeWrittenIsAnErrorThatPassesWhenItMay() async throws {
        try await blobs.write(bytes(3), to: "projects/a")
        let projects = folder.file("projects")
        try FileManager.default.setAttributes([.posixPermissions: 0o500], ofItemAtPath: projects)
        defer { try? FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: projects) }
        #expect(await refusal { try await blobs.write(bytes(3), to: "projects/b") } == .storageUnavailable)
        #expect(await refusal { try await blobs.remove("projects/a") } == .storageUnavailable)
        #expect(contents() == ["d projects", "f projects/a"])
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: projects)
        try await blobs.write(bytes(3), to: "projects/b")
        try await blobs.remove("projects/a")
        #expect(contents() == ["d projects", "f projects/b"])
    }

    @Test func writersAndRemoversOfOneFolderDoNotDisturbEachOther() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    for number in 0..<40 {
                        // The folder goes with its last file, at any moment and under anybody's hands.
                        let path = "projects/p/anchors/\(writer)"
                        try await blobs.write(Data([UInt8(number)]), to: path)
                        #expect(try await blobs.read(path) == Data([UInt8(number)]))
                        try await blobs.remove(path)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(contents() == [])
    }

    @Test func whatTheThreadsHaveNoRoomForIsRefusedAtOnce() async throws {
        let threads = BlockingThreads(name: "test-busy", threads: 1, queue: 2)
        defer { threads.stop() }
        let blobs = LocalBlobStore(root: folder.path, threads: threads)
        let (release, held) = (DispatchSemaphore(value: 0), TestGate())
        try await withThrowingTaskGroup(of: HearthError.Code?.self) { group in
            group.addTask {
                try await threads.run {
                    held.open()
                    release.wait()
                }
                return nil
            }
            try await held.pass()
            for number in 0..<3 {
                group.addTask {
                    do {
                        try await blobs.write(Data(), to: "\(number)")
                        return nil
                    } catch let error as HearthError {
                        return error.code
                    }
                }
            }
            // Two of the three wait for the thread, so that the third is the first to be answered.
            let first = try await group.next()
            #expect(first == .overloaded)
            release.signal()
            for try await code in group { #expect(code == nil) }
        }
        #expect(contents().count == 2)
    }
}
