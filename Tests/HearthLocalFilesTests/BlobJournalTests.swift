import Foundation
import HearthTesting
import Testing

@testable import HearthCore
@testable import HearthLocalFiles

/// What was acknowledged survives the loss of all that the file system had not written yet: such a crash leaves the
/// journal and nothing else, which a copy of the journal in an empty folder imitates.
@Suite(.timeLimit(.minutes(3))) struct BlobJournalTests {
    private func bytes(_ count: Int, seed: UInt64) -> Data {
        var random = RepeatableRandom(seed: seed)
        return Data((0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) })
    }

    /// Runs `body` on a data folder, and returns a folder that holds what its journal held before it was closed.
    private func crash(
        _ folder: TemporaryFolder, _ body: (LocalBlobStore) async throws -> Void
    ) async throws -> TemporaryFolder {
        let opened = try JournalledFolder(folder)
        try await body(opened.blobs)
        let copy = try TemporaryFolder()
        try FileManager.default.copyItem(atPath: folder.file("journal"), toPath: copy.file("journal"))
        return copy
    }

    private func contents(_ folder: TemporaryFolder) throws -> [String: Data] {
        var files: [String: Data] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder.file("projects")) {
            if let bytes = FileManager.default.contents(atPath: folder.file("projects/\(name)")) { files[name] = bytes }
        }
        return files
    }

    @Test func acknowledgedFilesComeBackFromTheJournalAlone() async throws {
        let sizes = [0, 1, 4_095, 4_096, 4_097, 100_000]
        let copy = try await crash(TemporaryFolder()) { blobs in
            for (index, size) in sizes.enumerated() {
                try await blobs.write(bytes(size, seed: UInt64(index)), to: "projects/p/\(index)")
            }
        }
        let restored = try JournalledFolder(copy)
        for (index, size) in sizes.enumerated() {
            #expect(try await restored.blobs.read("projects/p/\(index)") == bytes(size, seed: UInt64(index)))
        }
    }

    @Test func aHalfWrittenFileIsMended() async throws {
        let copy = try await crash(TemporaryFolder()) { try await $0.write(bytes(50_000, seed: 1), to: "projects/a") }
        try FileManager.default.createDirectory(atPath: copy.file("projects"), withIntermediateDirectories: true)
        // The length was written, the blocks were not.
        try Data(count: 50_000).write(to: URL(fileURLWithPath: copy.file("projects/a")))
        let restored = try JournalledFolder(copy)
        #expect(try await restored.blobs.read("projects/a") == bytes(50_000, seed: 1))
    }

    @Test func whatIsBehindATornRecordIsNotBelieved() async throws {
        let copy = try await crash(TemporaryFolder()) { blobs in
            for name in ["a", "b", "c"] { try await blobs.write(bytes(9_000, seed: 3), to: "projects/\(name)") }
        }
        for name in try FileManager.default.contentsOfDirectory(atPath: copy.file("journal")) {
            let path = copy.file("journal/\(name)")
            guard var segment = FileManager.default.contents(atPath: path), segment.count > 20_000 else { continue }
            // A record of 9,000 bytes takes four blocks: this is in the file of the second.
            segment[4 * 4_096 + 2 * 4_096] ^= 1
            try segment.write(to: URL(fileURLWithPath: path))
        }
        let restored = try JournalledFolder(copy)
        #expect(try Set(contents(restored.folder).keys) == ["a"])
    }

    @Test func aJournalThatWasClosedHasNothingToCompare() async throws {
        let folder = try TemporaryFolder()
        do {
            let opened = try JournalledFolder(folder)
            try await opened.blobs.write(bytes(100, seed: 1), to: "projects/a")
            opened.close()
        }
        let copy = try TemporaryFolder()
        try FileManager.default.copyItem(atPath: folder.file("journal"), toPath: copy.file("journal"))
        let restored = try JournalledFolder(copy)
        #expect(!FileManager.default.fileExists(atPath: restored.folder.file("projects")))
    }

    @Test func segmentsAreUsedAgainAndTheirOldRecordsAreForgotten() async throws {
        let folder = try TemporaryFolder()
        do {
            let opened = try JournalledFolder(folder)
            for index in 0..<5 { try await opened.blobs.write(bytes(3_000, seed: 1), to: "projects/old/\(index)") }
            opened.close()
        }
        let copy = try await crash(folder) { try await $0.write(bytes(3_000, seed: 2), to: "projects/young") }
        let restored = try JournalledFolder(copy)
        #expect(try Set(contents(restored.folder).keys) == ["young"])
    }

    @Test func whatWasDeletedMeanwhileComesBackAndIsNamed() async throws {
        let folder = try TemporaryFolder()
        let copy = try await crash(folder) { blobs in
            try await blobs.write(bytes(10, seed: 1), to: "projects/a")
            try await blobs.remove("projects/a")
        }
        let restored = try JournalledFolder(copy)
        #expect(restored.journal.restored == ["projects/a"], "a start asks the rows about it")
        #expect(try await restored.blobs.list("projects", after: nil, limit: 9) == ["projects/a"])
    }

    @Test func manyWritersShareSegmentsWithinTheirLimit() async throws {
        let folder = try TemporaryFolder()
        let opened = try JournalledFolder(folder)
        let size = Limits.journalFileBytes / 4
        let count = 4 * Limits.journalSegmentBytes / size * Limits.journalSegments / 2
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<count {
                group.addTask {
                    try await opened.blobs.write(
                        Data(repeating: UInt8(index & 255), count: size), to: "projects/\(index)")
                }
            }
            try await group.waitForAll()
        }
        for index in 0..<count {
            #expect(
                try await opened.blobs.read("projects/\(index)") == Data(repeating: UInt8(index & 255), count: size))
        }
        let segments = try FileManager.default.contentsOfDirectory(atPath: folder.file("journal"))
        #expect(segments.count <= Limits.journalSegments)
        for name in segments {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.file("journal/\(name)"))
            #expect((attributes[.size] as? Int ?? .max) <= Limits.journalSegmentBytes)
        }
    }

    @Test func filesOfAwkwardSizesFillGroupsThatASegmentHasRoomFor() async throws {
        let opened = try JournalledFolder(TemporaryFolder())
        // Three of these and a little: what is next must not count for a group that it is not in.
        let sizes = [512, 509].map { $0 * JournalRecord.blockBytes }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<48 {
                group.addTask {
                    try await opened.blobs.write(Data(count: sizes[index % 10 < 7 ? 0 : 1]), to: "projects/\(index)")
                }
            }
            try await group.waitForAll()
        }
        #expect(try contents(opened.folder).count == 48)
    }

    @Test func aSegmentWhoseNumberIsFreeIsNotOpenedTwice() async throws {
        let folder = try TemporaryFolder()
        try JournalledFolder(folder).close()
        try FileManager.default.removeItem(atPath: folder.file("journal/0.log"))
        let copy = try await crash(folder) { blobs in
            for index in 0..<8 {
                try await blobs.write(
                    Data(repeating: UInt8(index), count: Limits.journalFileBytes - 1), to: "projects/\(index)")
            }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: copy.file("journal")).contains("0.log"))
    }

    @Test func filesThatTheDiskRefusedAreWrittenAnewAndDeletedOnesAreNot() async throws {
        let folder = try TemporaryFolder()
        let segment = try JournalSegment(path: folder.file("0.log"))
        segment.begin(epoch: 3)
        try segment.append([
            NewFile(path: "a", bytes: bytes(5_000, seed: 1)), NewFile(path: "b", bytes: bytes(10, seed: 2)),
        ])
        try Data(count: 5_000).write(to: URL(fileURLWithPath: folder.file("a")))
        try JournalReplay(root: folder.path, descriptor: -1, logger: .quiet).rewrite(segment)
        #expect(FileManager.default.contents(atPath: folder.file("a")) == bytes(5_000, seed: 1))
        #expect(!FileManager.default.fileExists(atPath: folder.file("b")))
    }

    @Test func aSegmentThatHasGrownOldIsPutToRest() async throws {
        let folder = try TemporaryFolder()
        let opened = try JournalledFolder(folder, age: .milliseconds(20))
        try await opened.blobs.write(bytes(10, seed: 1), to: "projects/a")
        // Its first block is emptied when its files are on disk.
        try await eventually("the segment is emptied") {
            try FileManager.default.contentsOfDirectory(atPath: folder.file("journal")).allSatisfy { name in
                let head = FileManager.default.contents(atPath: folder.file("journal/\(name)"))?.prefix(4) ?? Data()
                return head.allSatisfy { $0 == 0 }
            }
        }
        try await opened.blobs.write(bytes(10, seed: 2), to: "projects/b")
        #expect(try await opened.blobs.read("projects/b") == bytes(10, seed: 2))
    }

    @Test func aFileLargerThanTheJournalTakesIsWrittenAllTheSame() async throws {
        let large = Data(repeating: 7, count: Limits.journalFileBytes + 1)
        let folder = try TemporaryFolder()
        let copy = try await crash(folder) { blobs in
            try await blobs.write(large, to: "projects/large")
            #expect(try await blobs.read("projects/large") == large)
        }
        let restored = try JournalledFolder(copy)
        #expect(!FileManager.default.fileExists(atPath: restored.folder.file("projects/large")))
    }

    @Test func whatComesAfterTheEndIsRefusedAndLeavesNothing() async throws {
        let opened = try JournalledFolder(TemporaryFolder())
        opened.close()
        let error = await #expect(throws: HearthError.self) {
            try await opened.blobs.write(bytes(10, seed: 1), to: "projects/a")
        }
        #expect(error?.code == .overloaded)
        #expect(!FileManager.default.fileExists(atPath: opened.folder.file("projects")))
    }

    @Test func aFolderThatCannotBeListedIsNotOneWithoutSegments() async throws {
        let copy = try await crash(TemporaryFolder()) { try await $0.write(bytes(9_000, seed: 1), to: "projects/a") }
        let journal = copy.file("journal")
        let segments = try FileManager.default.contentsOfDirectory(atPath: journal).map { "\(journal)/\($0)" }
        // Segments can be opened by their names, and new ones could be made: only the list of them is refused.
        chmod(copy.path, 0o755)
        for segment in segments { chmod(segment, 0o666) }
        chmod(journal, 0o333)
        let before = segments.map { FileManager.default.contents(atPath: $0) }
        let path = copy.path
        let failure = withoutPrivileges { () -> HearthError? in
            do {
                try BlobJournal(folder: journal, files: path, logger: .quiet).stop()
                return nil
            } catch {
                return error as? HearthError
            }
        }
        #expect(failure?.code == .storageUnavailable)
        #expect(failure?.message.contains(journal) == true, "it names the folder")
        #expect(segments.map { FileManager.default.contents(atPath: $0) } == before, "nothing is written over")
        chmod(journal, 0o700)
        let restored = try JournalledFolder(copy)
        #expect(try await restored.blobs.read("projects/a") == bytes(9_000, seed: 1))
    }

    @Test func aPathThatLeadsOutOfTheFolderIsNotFollowed() async throws {
        let folder = try TemporaryFolder()
        do {
            let opened = try JournalledFolder(folder)
            let segment = try JournalSegment(path: folder.file("journal/9.log"))
            segment.begin(epoch: 5)
            let path = "../escaped-\(UInt32.random(in: 0 ... .max))"
            try segment.append([NewFile(path: path, bytes: bytes(10, seed: 1))])
            opened.close()
        }
        let name = try #require(
            try JournalSegment(path: folder.file("journal/9.log")).firstEpoch().map { _ in folder.path })
        _ = try JournalledFolder(folder)
        let above = (name as NSString).deletingLastPathComponent
        #expect(try FileManager.default.contentsOfDirectory(atPath: above).allSatisfy { !$0.hasPrefix("escaped-") })
    }
}
