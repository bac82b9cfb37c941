import Foundation
import HearthCore
import HearthTesting
import Testing

@testable import HearthCommand

/// Files and folders on their way to an import of products.
@Suite struct ImportUploadTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder(.memory) }

    private func write(_ name: String, _ bytes: Data) throws {
        let url = URL(fileURLWithPath: folder.file("shop/\(name)"))
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try bytes.write(to: url)
    }

    /// All that is sent of the folder from an offset on; the offsets must fit together.
    private func sent(from start: Int = 0) async throws -> Data {
        var upload = try ImportUpload(folder.file("shop"))
        var bytes = Data()
        try await upload.send(from: start) { offset, piece in
            #expect(offset == start + bytes.count)
            bytes += piece
        }
        return bytes
    }

    @Test func aFolderIsAZipFileWithTheSameContent() async throws {
        let picture = Data((0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
        try write("tea/one.jpg", picture)
        try write("tea/description.txt", Data("Green tea, grün".utf8))
        try write("Öl & Essig/a.PNG", Data([1, 2, 3]))
        try write(".hidden/b.jpg", Data([4]))
        try write("tea/notes.doc", Data([5]))
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("shop/tea/loop"), withDestinationPath: folder.file("shop"))
        let zip = folder.file("shop.zip")
        try await sent().write(to: URL(fileURLWithPath: zip))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-m", "zipfile", "-e", zip, folder.file("unpacked")]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "every checksum is right")
        let found = try FileManager.default.subpathsOfDirectory(atPath: folder.file("unpacked")).sorted()
        #expect(found == ["tea", "tea/description.txt", "tea/one.jpg", "Öl & Essig", "Öl & Essig/a.PNG"])
        #expect(FileManager.default.contents(atPath: folder.file("unpacked/tea/one.jpg")) == picture)
    }

    /// An upload that was interrupted goes on at any byte.
    @Test func theSameFolderGivesTheSameBytesFromAnyOffsetOn() async throws {
        for index in 0..<5 { try write("p\(index)/a.jpg", Data(repeating: UInt8(index), count: 3_000_000)) }
        let all = try await sent()
        #expect(all.count > 15_000_000)
        for start in [1, 3_000_100, 8 << 20, all.count - 1, all.count] {
            #expect(try await sent(from: start) == all.dropFirst(start), "\(start)")
        }
    }

    @Test func aFolderWithoutProductsIsRefusedWithWhatIsMissing() throws {
        try write("readme.md", Data())
        let error = #expect(throws: HearthError.self) { try ImportUpload(folder.file("shop")) }
        #expect(error?.message == "There are no products in the folder \(folder.file("shop")).")
        #expect(error?.hint?.contains("one sub-folder for each product") == true)
    }
}
