import HearthCore
import Testing

/// Numbers with their nouns.
@Suite struct CountedTests {
    @Test func oneIsSingular() {
        #expect(counted(1, "picture") == "1 picture")
        #expect(counted(0, "picture") == "0 pictures")
        #expect(counted(2, "match", "matches") == "2 matches")
        #expect(counted(1, "character is", "characters are") == "1 character is")
    }
}
