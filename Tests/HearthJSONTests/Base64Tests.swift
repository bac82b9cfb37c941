import Foundation
import HearthTesting
import Testing

@testable import HearthJSON

@Suite struct Base64Tests {
    @Test(arguments: [
        ("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob"), ("Zm9vYmE=", "fooba"),
        ("Zm9vYmFy", "foobar"), ("Zg", "f"), ("Zm8", "fo"), ("Zm9vYg", "foob"), (" Zm9v\r\n\tYmFy \n", "foobar"),
        ("Z g = =", "f"), ("\n", ""), ("data:image/png;base64,Zm9v", "foo"),
        ("DATA:image/jpeg;charset=x;BASE64,Zm9v", "foo"),
        ("data:;base64,Zm9v", "foo"), ("data:image/png;base64,", ""),
    ])
    func decodesTheStandardsExamplesAndWhatClientsSend(text: String, expected: String) throws {
        #expect(try Base64.decode(text) == Data(expected.utf8))
    }

    @Test func readsBothAlphabets() throws {
        let bytes = Data([0xFB, 0xEF, 0xBE, 0xFF, 0xFF, 0xFF])
        #expect(try Base64.decode("++++////") == bytes)
        #expect(try Base64.decode("----____") == bytes)
    }

    @Test(arguments: [
        ("Z", 1), ("Zm9vY", 5), ("Zm9v!mFy", 4), ("=", 0), ("Zg=", 3), ("Zg===", 4), ("Zm8==", 4), ("Zm9v=", 4),
        ("Zg==Zg==", 4), ("Zg=a", 3), ("Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9v*mFyZm9vYmFy", 36), ("Zm9v\0", 4),
        ("Zm9vé", 4), ("data:image/png,Zm9v", 0), ("data:Zm9v", 0), ("Zh==", 4), ("Zm9=", 4),
    ])
    func refusesWhatIsNotBase64AndSaysWhere(text: String, offset: Int) {
        let error = #expect(throws: JSONError.self) { try Base64.decode(text, field: "image_base64") }
        #expect(error?.kind == .invalidInput)
        #expect(error?.message.contains("`image_base64`") == true)
        if !text.hasPrefix("data:") {
            #expect(error?.message.contains("at offset \(offset).") == true, "\(error?.message ?? "")")
        }
    }

    @Test func refusesEachByteOutsideOfTheAlphabetsAtEachPlace() {
        let plain = Array("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9w".utf8)
        let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_ \n\r\t".utf8)
        for byte in UInt8.min...UInt8.max where !allowed.contains(byte) {
            for place in 0..<16 {
                var text = plain
                text[place + 16] = byte
                #expect(throws: JSONError.self) { try text.withUnsafeBytes { try Base64.decode($0) } }
            }
        }
    }

    @Test func readsWhatAnotherEncoderWrites() throws {
        var random = RepeatableRandom(seed: 21)
        for length in 0..<300 {
            let bytes = Data((0..<length).map { _ in UInt8.random(in: .min ... .max, using: &random) })
            let text = bytes.base64EncodedString()
            #expect(try Base64.decode(text) == bytes, "seed \(random.seed), length \(length)")
            let wrapped = bytes.base64EncodedString(options: [
                .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
            ])
            #expect(try Base64.decode(wrapped) == bytes)
            let bare = text.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
            #expect(try Base64.decode(bare) == bytes)
        }
    }

    @Test func agreesWithAnotherDecoderOnDamagedText() {
        var random = RepeatableRandom(seed: 22)
        let text = Data(Data((0..<90).map { UInt8($0) }).base64EncodedString().utf8)
        for round in 0..<3_000 {
            let damaged = random.damaged(text)
            let decoded = try? damaged.withUnsafeBytes { try Base64.decode($0) }
            guard let decoded else { continue }
            let letters = String(decoding: damaged, as: UTF8.self).filter { !$0.isWhitespace && $0 != "=" }
                .replacing("-", with: "+").replacing("_", with: "/")
            let padded = letters + String(repeating: "=", count: (4 - letters.count % 4) % 4)
            #expect(decoded == Data(base64Encoded: padded), "seed \(random.seed), round \(round)")
        }
    }
}
