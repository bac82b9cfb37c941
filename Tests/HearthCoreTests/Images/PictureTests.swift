import Foundation
import HearthCore
import Testing

@Suite struct PictureTests {
    /// FIPS 180-2, appendix B.1.
    private static let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

    @Test func theHashIsThatOfTheBytes() {
        let whole = Data("xabcx".utf8)
        #expect(Picture(Data("abc".utf8)).sha256.hex == Self.abc)
        #expect(Picture(whole[1..<4]).sha256.hex == Self.abc, "a slice is hashed from its own start")
        #expect(Picture(Data()).sha256 == Digest256(of: Data()))
    }

    @Test func aHashThatIsKnownIsNotComputedAgain() {
        let given = Digest256(of: Data("other".utf8))
        #expect(Picture(Data("abc".utf8), sha256: given).sha256 == given)
    }

    @Test func picturesAreEqualWhenTheirBytesAre() {
        let (one, same) = (Picture(Data([1, 2])), Picture(Data([1, 2]), storage: "elsewhere"))
        #expect(one == same && one.hashValue == same.hashValue)
        #expect(one != Picture(Data([1, 3])))
    }
}
