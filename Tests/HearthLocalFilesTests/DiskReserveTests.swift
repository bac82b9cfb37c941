import Foundation
import HearthCore
import HearthLocalFiles
import HearthTesting
import Testing

/// The file whose space is given back when the disk is full.
@Suite struct DiskReserveTests {
    private let folder: TemporaryFolder
    private let data: DataFolder

    init() throws {
        folder = try TemporaryFolder(.memory)
        data = DataFolder(folder.file("data"))
        try data.make()
    }

    private var blocks: Int {
        var status = stat()
        return stat("\(data.path)/reserve", &status) == 0 ? Int(status.st_blocks) * 512 : -1
    }

    @Test func itHasItsSpaceUntilItIsNeeded() throws {
        let reserve = DiskReserve(data, bytes: 1 << 20)
        #expect(blocks >= 1 << 20)
        #expect(reserve.release())
        #expect(blocks == 0)
        #expect(!reserve.release(), "it is there once")
        #expect(reserve.check() == .writable)
        #expect(blocks >= 1 << 20, "it is taken again when there is space")
        #expect(reserve.release())
    }

    @Test func moreThanTheDiskHasIsAFullDiskAndLeavesNothing() throws {
        let reserve = DiskReserve(data, bytes: 1 << 50)
        #expect(reserve.check() == .full)
        #expect(blocks == 0)
        #expect(!reserve.release())
    }

    @Test func aFolderThatCannotBeWrittenIsSaid() throws {
        let reserve = DiskReserve(data, bytes: 4_096)
        try FileManager.default.removeItem(atPath: data.run)
        guard case .unwritable = reserve.check() else {
            Issue.record("the folder of the probe is gone")
            return
        }
        try data.make()
        #expect(reserve.check() == .writable, "no restart is needed")
    }
}
