import Foundation
import HearthTesting
import Testing

@testable import HearthModelRuntime

/// The four normalisation forms, against Foundation's where both know the characters.
@Suite struct UnicodeFormsTests {
    private static func form(_ text: String, _ form: UnicodeForms.Form) -> [UInt8] {
        UnicodeForms.shared.normalized(Array(text.utf8), to: form)
    }

    private static func hasSyllableBeforeTrailingJamo(_ text: String) -> Bool {
        let scalars = text.unicodeScalars.map(\.value)
        return zip(scalars, scalars.dropFirst()).contains { 0xAC00...0xD7A3 ~= $0 && 0x11A8...0x11C2 ~= $1 }
    }

    /// Unicode 9, section 3.12: a syllable without a trailing consonant and a trailing jamo make one syllable.
    @Test func aSyllableAndATrailingJamoAreComposed() {
        #expect(Self.form("\u{AC70}\u{11B5}", .composed) == Array("\u{AC7E}".utf8))
        #expect(Self.form("\u{AC7E}", .decomposed) == Array("\u{1100}\u{1165}\u{11B5}".utf8))
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
            // Foundation leaves a trailing jamo behind a syllable uncomposed, which the standard does not allow.
            guard !Self.hasSyllableBeforeTrailingJamo(text) else { continue }
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
