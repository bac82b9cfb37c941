import Foundation
import HearthCore
import HearthLocalFiles
import HearthTesting
import Testing

/// Pictures are read inside the folders that the user has allowed, and nothing else of the machine is, whichever way it
/// is asked for.
@Suite(.timeLimit(.minutes(3))) struct PictureFoldersTests {
    private let folder: TemporaryFolder
    private let threads: ThreadsOfTest
    private let bytes = Data("a picture".utf8)

    /// Ends the threads with the test.
    private final class ThreadsOfTest: Sendable {
        let threads = BlockingThreads(name: "test-files", threads: 1)

        deinit { threads.stop() }
    }

    init() throws {
        folder = try TemporaryFolder(.memory)
        threads = ThreadsOfTest()
        for name in ["home/Pictures/sub", "inbox", "outside"] {
            try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: true)
        }
        for name in ["home/Pictures/a b.png", "home/Pictures/sub/c.png", "inbox/d.png", "outside/e.png"] {
            try bytes.write(to: URL(fileURLWithPath: folder.file(name)))
        }
    }

    private func folders(_ usesKernel: Bool, limit: Int = 1_000) -> PictureFolders {
        PictureFolders(
            folders: ["~/Pictures/", folder.file("absent")], inbox: folder.file("inbox"), home: folder.file("home"),
            threads: threads.threads, limit: limit, usesKernel: usesKernel)
    }

    private func link(_ target: String, at path: String) throws {
        try FileManager.default.createSymbolicLink(atPath: folder.file(path), withDestinationPath: target)
    }

    private func refusal(_ path: String, _ usesKernel: Bool, limit: Int = 1_000) async -> HearthError? {
        do {
            _ = try await folders(usesKernel, limit: limit).read(path)
            return nil
        } catch { return error as? HearthError }
    }

    @Test(arguments: [true, false]) func aFileInsideIsReadByEveryWayOfNamingIt(usesKernel: Bool) async throws {
        let pictures = folder.file("home/Pictures")
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("real"), withDestinationPath: pictures)
        for path in [
            "\(pictures)/a b.png", "~/Pictures/a b.png", "file://\(pictures)/a%20b.png",
            "file://localhost\(pictures)/sub/c.png", "\(pictures)/./sub/c.png", "d.png", folder.file("inbox/d.png"),
            "\(pictures)//a b.png", "\(folder.path)//home/./Pictures//sub///c.png", "~//Pictures/a b.png", ".//d.png",
        ] {
            #expect(try await folders(usesKernel).read(path) == bytes, "\(path)")
        }
        let linked = PictureFolders(
            folders: [folder.file("real")], inbox: folder.file("inbox"), home: folder.path, threads: threads.threads,
            usesKernel: usesKernel)
        #expect(
            try await linked.read("\(pictures)/a b.png") == bytes, "the folder may be a link: the user has named it")
        #expect(try await linked.read(folder.file("real/a b.png")) == bytes)
        let oddly = PictureFolders(
            folders: ["\(folder.path)//home/./Pictures//"], inbox: "\(folder.path)//inbox/", home: folder.path,
            threads: threads.threads, usesKernel: usesKernel)
        for path in ["\(pictures)/a b.png", folder.file("inbox/d.png"), "d.png"] {
            #expect(try await oddly.read(path) == bytes, "\(path)")
        }
        let all = PictureFolders(
            folders: ["/"], inbox: folder.file("inbox"), home: folder.path, threads: threads.threads,
            usesKernel: usesKernel)
        #expect(try await all.read("\(pictures)/a b.png") == bytes)
    }

    @Test(arguments: [true, false]) func whatIsOutsideIsRefusedAndTheFoldersAreNamed(usesKernel: Bool) async throws {
        let pictures = folder.file("home/Pictures")
        try link("\(folder.path)/outside/e.png", at: "home/Pictures/file-link.png")
        try link("\(folder.path)/outside", at: "home/Pictures/folder-link")
        try link("../../outside/e.png", at: "home/Pictures/relative-link.png")
        for path in [
            "/etc/passwd", folder.file("outside/e.png"), "\(pictures)/../../outside/e.png", "../outside/e.png",
            "~/.ssh/id_rsa", "\(pictures)-other/a.png", "file:///etc/passwd", "\(pictures)/file-link.png",
            "\(pictures)/folder-link/e.png", "\(pictures)/relative-link.png", pictures,
        ] {
            let error = await refusal(path, usesKernel)
            #expect(error?.code == .forbidden, "\(path): \(String(describing: error))")
            #expect(error?.hint?.contains(pictures) == true && error?.hint?.contains("HEARTH_MCP_FOLDERS") == true)
        }
        #expect(await refusal("file://example.org/a.png", usesKernel)?.code == .invalidRequest)
        #expect(await refusal("a\0.png", usesKernel)?.code == .invalidRequest)
        #expect(await refusal("\(pictures)/absent.png", usesKernel)?.code == .notFound)
    }

    /// A link that stays inside is the user's own; without the kernel's help none is followed.
    @Test func aLinkInsideIsFollowedByTheKernelAlone() async throws {
        try link("a b.png", at: "home/Pictures/inside.png")
        let path = folder.file("home/Pictures/inside.png")
        #expect(await refusal(path, false)?.code == .forbidden)
        // A kernel that cannot keep below a folder is treated as above.
        if let error = await refusal(path, true) { #expect(error.code == .forbidden) }
    }

    @Test(arguments: [true, false]) func whatIsNoFileIsRefusedWithoutBeingOpened(usesKernel: Bool) async throws {
        let pictures = folder.file("home/Pictures")
        #expect(mkfifo("\(pictures)/pipe", 0o600) == 0)
        try Data().write(to: URL(fileURLWithPath: "\(pictures)/empty.png"))
        #expect(await refusal("\(pictures)/pipe", usesKernel)?.message.contains("a pipe") == true)
        #expect(await refusal("\(pictures)/sub", usesKernel)?.message.contains("a folder") == true)
        #expect(await refusal("\(pictures)/empty.png", usesKernel)?.code == .invalidRequest)
        let devices = PictureFolders(
            folders: ["/dev"], inbox: folder.file("inbox"), home: folder.path, threads: threads.threads,
            usesKernel: usesKernel)
        do {
            _ = try await devices.read("/dev/zero")
            Issue.record("a device was read")
        } catch let error as HearthError { #expect(error.message.contains("a device"), "\(error)") }
    }

    @Test(arguments: [true, false]) func aFileThatIsTooLongIsNotRead(usesKernel: Bool) async throws {
        let path = folder.file("home/Pictures/huge.png")
        let file = open(path, O_CREAT | O_WRONLY, 0o600)
        // Ten gigabytes that take no place.
        #expect(ftruncate(file, 10_000_000_000) == 0)
        close(file)
        let error = await refusal(path, usesKernel)
        #expect(error?.code == .bodyTooLarge && error?.message.contains("10000000000") == true)
        #expect(await refusal(folder.file("home/Pictures/a b.png"), usesKernel, limit: 8)?.code == .bodyTooLarge)
    }

    /// One task writes the file again and again while another reads it: what is read is what the file was at one moment,
    /// which may be the beginning of a version that is still being written, and never a part of each.
    @Test func aFileThatChangesIsReadAsItWasAtOneMomentOrRefused() async throws {
        let path = folder.file("home/Pictures/changing.png")
        let versions = [Data(repeating: 1, count: 60_000), Data(repeating: 2, count: 90_000)]
        try versions[0].write(to: URL(fileURLWithPath: path))
        let folders = folders(true, limit: 100_000)
        let isOver = Locked(false)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var number = 0
                while !isOver.withLock({ $0 }) {
                    number += 1
                    let file = open(path, O_WRONLY | O_TRUNC)
                    _ = versions[number % 2].withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
                    close(file)
                    await Task.yield()
                }
            }
            for _ in 0..<300 {
                do {
                    let read = try await folders.read(path)
                    #expect(versions.contains { $0.starts(with: read) }, "\(read.count)")
                } catch let error as HearthError {
                    #expect([.conflict, .invalidRequest].contains(error.code), "\(error)")
                }
            }
            isOver.withLock { $0 = true }
            try await group.waitForAll()
        }
    }

    @Test func theInboxIsListedNewestFirst() async throws {
        let other = folder.file("inbox/e.png")
        try bytes.write(to: URL(fileURLWithPath: other))
        var times = [timeval(tv_sec: 2_000_000_000, tv_usec: 0), timeval(tv_sec: 2_000_000_000, tv_usec: 0)]
        #expect(utimes(other, &times) == 0)
        try bytes.write(to: URL(fileURLWithPath: folder.file("inbox/.hidden")))
        try link("/etc/passwd", at: "inbox/link.png")
        let files = await folders(true).inbox()
        #expect(files.map(\.name) == ["e.png", "d.png"])
        #expect(files[0] == InboxFile(name: "e.png", bytes: bytes.count, modifiedAt: 2_000_000_000_000))
    }

    // MARK: Names

    @Test func foldersHaveTheNamesOfTheUsersLanguage() throws {
        let settings = folder.file("home/.config")
        try FileManager.default.createDirectory(atPath: settings, withIntermediateDirectories: true)
        let text = """
            # made by a program
            XDG_PICTURES_DIR="$HOME/Bilder"
            XDG_DOWNLOAD_DIR="/data/in/"
            XDG_DESKTOP_DIR="$HOME/"
            """
        try text.write(toFile: "\(settings)/user-dirs.dirs", atomically: true, encoding: .utf8)
        let home = folder.file("home")
        #expect(
            UserFolders.pictures(home: home, environment: [:]) == ["\(home)/Bilder", "/data/in", "\(home)/Desktop"],
            "the home itself is no folder for pictures")
        #expect(
            UserFolders.pictures(home: home, environment: ["XDG_CONFIG_HOME": "/absent"])
                == ["\(home)/Pictures", "\(home)/Downloads", "\(home)/Desktop"])
    }

    /// As shells do: `HOME=/tmp/x` is another folder, and without it the system knows.
    @Test func theFolderOfTheUserIsThatOfTheEnvironment() {
        #expect(UserFolders.home(environment: ["HOME": "/tmp/x/"]) == "/tmp/x")
        let known = UserFolders.home(environment: [:])
        #expect(known.hasPrefix("/"))
        for none in ["", "relative"] { #expect(UserFolders.home(environment: ["HOME": none]) == known, "\(none)") }
        #expect(UserFolders.home(environment: ["HOME": "/"]) == "/")
        let folders = UserFolders.pictures(home: UserFolders.home(environment: ["HOME": "/tmp/x"]), environment: [:])
        #expect(folders == ["/tmp/x/Pictures", "/tmp/x/Downloads", "/tmp/x/Desktop"])
    }
}
