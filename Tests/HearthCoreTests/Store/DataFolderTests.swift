import Foundation
import HearthCore
import HearthTesting
import Testing

@Suite struct DataFolderTests {
    @Test func aFolderThatWasThereIsClosedToOtherUsers() throws {
        let folder = try TemporaryFolder(.memory)
        let path = folder.file("data")
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        try DataFolder(path).make()
        for part in ["", "/run", "/projects"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: path + part)
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o700, "\(part)")
        }
    }
}
