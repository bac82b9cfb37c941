import Foundation
import HearthTesting
import Testing

@testable import HearthCore

@Suite struct DataFolderTests {
    @Test func aFolderThatWasThereIsClosedToOtherUsers() throws {
        let folder = try TemporaryFolder(.memory)
        let path = folder.file("data")
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        #expect(try DataFolder(path).make().isEmpty)
        for part in ["", "/run", "/projects"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: path + part)
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o700, "\(part)")
        }
    }

    @Test func foldersAboveItAreMadeForTheOwnerOnlyToo() throws {
        let folder = try TemporaryFolder(.memory)
        #expect(try DataFolder(folder.file("a/b")).make().isEmpty)
        let above = try FileManager.default.attributesOfItem(atPath: folder.file("a"))
        #expect((above[.posixPermissions] as? NSNumber)?.intValue == 0o700)
    }

    @Test func aFileInItsPlaceIsSaidToBeOne() throws {
        let folder = try TemporaryFolder(.memory)
        try Data().write(to: URL(fileURLWithPath: folder.file("data")))
        let error = #expect(throws: HearthError.self) { try DataFolder(folder.file("data")).make() }
        #expect(error?.code == .storageUnavailable && error?.message.hasSuffix("a file is there.") == true)
    }

    // MARK: Other users, and file systems without modes

    /// Folders that exist with these states; what is set is counted, and kept where the file system keeps modes.
    private func modes(
        _ states: [String: FolderModes.State], keepsModes: Bool = true, changes: Locked<[String]> = Locked([])
    ) -> FolderModes {
        let states = Locked(states)
        return FolderModes(
            user: 1_000, state: { path in states.withLock { $0[path] } },
            make: { path in states.withLock { $0[path] = .init(mode: keepsModes ? 0o700 : 0o777, owner: 1_000) } },
            set: { path, mode in
                changes.withLock { $0.append(path) }
                if keepsModes { states.withLock { $0[path]?.mode = mode } }
            })
    }

    @Test func aFolderThatIsClosedIsLeftAsItIs() throws {
        let changes = Locked<[String]>([])
        let closed = FolderModes.State(mode: 0o700, owner: 7)
        #expect(try DataFolder("/d").make(modes(["/d": closed], changes: changes)).isEmpty)
        #expect(changes.withLock { $0 }.isEmpty, "no mode is changed, whoever owns it")
    }

    @Test func anOpenFolderOfAnotherUserIsRefusedWithTheWayOut() {
        let changes = Locked<[String]>([])
        let error = #expect(throws: HearthError.self) {
            try DataFolder("/d").make(modes(["/d": .init(mode: 0o755, owner: 7)], changes: changes))
        }
        #expect(error?.code == .forbidden)
        #expect(
            error?.message == "The data folder /d belongs to another user (id 7) and is open to others (mode 0755).")
        #expect(error?.hint?.contains("--data") == true && error?.hint?.contains("id 1000") == true)
        #expect(changes.withLock { $0 }.isEmpty)
    }

    @Test func aFolderWithinThatAnotherUserOwnsIsWarnedOf() throws {
        let warnings = try DataFolder("/d").make(
            modes(["/d": .init(mode: 0o700, owner: 1_000), "/d/models": .init(mode: 0o755, owner: 7)]))
        #expect(warnings == ["The folder /d/models belongs to another user (id 7), who can read what is in it."])
    }

    @Test func aFileSystemWithoutModesIsWarnedOf() throws {
        let warnings = try DataFolder("/d").make(modes([:], keepsModes: false))
        #expect(warnings.count == 7)
        #expect(warnings.first?.contains("does not keep the mode 0700 (it says 0777)") == true)
    }
}
