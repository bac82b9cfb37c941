import Foundation
import HearthTesting
import Testing

@testable import HearthModelRuntime

/// The four normalisation forms, against Foundation's where both know the characters.
@Suite struct UnicodeFormsTests {
    private static func form(_ text: String, _ form: UnicodeForms.Form) -> [UInt8] {
        UnicodeForms.shared.normalized(Array(text.utf8), to: form)
    }

    @Test func randomTextsHaveFoundationsForms() {
        let ranges: [ClosedRange<UInt32>] = [
            0x41...0x7A, 0xA0...0x24F, 0x300...0x345, 0x5D0...0x5EA, 0x5B0...0x5C2, 0x915...0x94D, 0x1100...0x11F9,
            0x1E00...0x1EFF, 0x1F00...0x1FFE, 0x3040...0x30FF, 0xAC00...0xAC80, 0xF900...0xFA0D, 0xFB00...0xFB4F,
        ]
        var generator = RepeatableRandom(seed: 21)
        for _ in 0..<3_000 {
            var text = ""
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                let range = ranges[Int.random(in: 0..<ranges.count, using: &generator)]
                guard let scalar = Unicode.Scalar(UInt32.random(in: range, using: &generator)),
                    ScalarClass.isKnown(scalar, in: 9)
                else { continue }
                text.unicodeScalars.append(scalar)
            }
            #expect(Self.form(text, .composed) == Array(text.precomposedStringWithCanonicalMapping.utf8))
            #expect(Self.form(text, .decomposed) == Array(text.decomposedStringWithCanonicalMapping.utf8))
        }
    }

    /// Foundation leaves these marks as they come, which the standard does not allow.
    @Test func marksOfCompatibleCharactersArePutInOrder() {
        let ordered = Array("R \u{322}\u{314}\u{300}".utf8)
        #expect(Self.form("R\u{1FDD}\u{322}", .compatiblyComposed) == ordered)
        #expect(Self.form("R\u{1FDD}\u{322}", .compatiblyDecomposed) == ordered)
    }

    @Test func manyMarksArePutInOrder() {
        let count = 200_000
        let text = "a" + String(repeating: "\u{301}\u{323}", count: count)
        let below = String(repeating: "\u{323}", count: count)
        let above = String(repeating: "\u{301}", count: count)
        #expect(Self.form(text, .decomposed) == Array("a\(below)\(above)".utf8))
    }

    @Test func charactersBehindUnicode9StayAsTheyAre() {
        // Square era name Reiwa, of Unicode 12.1.
        #expect(Self.form("\u{32FF}", .compatiblyComposed) == Array("\u{32FF}".utf8))
    }
}
