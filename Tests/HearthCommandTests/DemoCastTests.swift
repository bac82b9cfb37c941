import Foundation
import HearthTesting
import Testing

@testable import HearthCommand

/// What a demonstration says of the pictures that it is given.
@Suite struct DemoCastTests {
    private func cast(_ pictures: [String]) throws -> DemoCast {
        let folder = try TemporaryFolder(.memory)
        for picture in pictures {
            let url = URL(fileURLWithPath: folder.file("cast/\(picture)"))
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data().write(to: url)
        }
        return try DemoCast(folder: folder.file("cast"))
    }

    @Test func oneCharacterIsOneCharacter() throws {
        #expect(try cast(["mira/1.jpg"]).text == "1 character in 1 project")
        #expect(try cast(["a/mira/1.jpg", "b/bolt/1.jpg", "b/bolt/2.jpg"]).text == "2 characters in 2 projects")
    }

    @Test func whoHasOnePictureOnlyIsNamed() throws {
        let members = try cast(["bolt/1.jpg", "bolt/2.jpg", "mira/1.jpg"]).members
        #expect(members.map(\.hasOnePicture) == [false, true])
        #expect(DemoCast.caveat(of: members)?.hasPrefix("mira has one picture only") == true)
        #expect(DemoCast.caveat(of: [members[0]]) == nil)
        #expect(DemoCast.caveat(of: [members[1], members[1]])?.hasPrefix("mira, mira have one picture only") == true)
    }
}
