import HearthCore
import HearthJSON
import Testing

@testable import HearthCommand

/// Answers of which a person wants to see less than all, or something else first.
@Suite struct OperationViewTests {
    private static let id = "0193a5f0-7c1e-7000-8000-0123456789ab"

    @Test func charactersAreListedWithTheNamesOfTheirProjects() {
        let page: JSONValue = [
            "items": [
                [
                    "character_id": .string(Self.id), "project_id": .string(Self.id), "project": "Tales",
                    "name": "Mira",
                    "handle": "mira", "is_provisional": false, "anchor_count": 2, "bible_version": 0,
                ]
            ]
        ]
        #expect(
            OperationView.lines(page, of: "studio.characters.list") == [
                "CHARACTER_ID                          NAME  HANDLE  PROJECT  IS_PROVISIONAL  ANCHOR_COUNT",
                "\(Self.id)  Mira  mira    Tales    no              2",
            ])
    }

    /// Elsewhere too a name stands for the identifier beside it, and an identifier of the user's own is not cut.
    @Test func namesGoBeforeIdentifiers() {
        let page: JSONValue = [
            "items": [
                [
                    "product_id": .string(Self.id), "external_id": "a-long-article-number-17", "project_id": "p",
                    "project": "Tales",
                ]
            ]
        ]
        #expect(OperationAnswer.lines(page).last == "\(Self.id)  a-long-article-number-17  Tales")
    }

    @Test func foundWordsAreMarkedOnAScreen() {
        let answer: JSONValue = [
            "matches": [
                [
                    "character_id": "c1", "name": "Mira", "project": "Tales",
                    "snippets": [["field": "appearance", "text": "Silver hair", "marks": [["start": 0, "end": 6]]]],
                ]
            ]
        ]
        let plain = OperationView.lines(answer, of: "studio.characters.search")
        #expect(plain == ["Mira  Tales  c1", "    appearance: Silver hair"])
        let marked = OperationView.lines(answer, of: "studio.characters.search", marksWords: true)
        #expect(marked.last == "    appearance: \u{1B}[1mSilver\u{1B}[0m hair")
        #expect(OperationView.lines(["matches": []], of: "studio.characters.search").count == 1)
    }

    @Test func productsAreShownAsAScanShowsThem() {
        let answer: JSONValue = [
            "matches": [["score": 0.5, "external_id": "oat", "title": "Oat"]], "compared": 2, "searched": "text",
            "model": ["id": "minilm"], "timings": ["total_ms": 1.5],
        ]
        #expect(
            OperationView.lines(answer, of: "products.search") == [
                "SCORE  PRODUCT  TITLE", "0.500  oat      Oat", "2 product texts compared by minilm in 1.5 ms",
            ])
    }

    @Test func howPicturesWereUsedIsSaidInWords() {
        let reference: JSONValue = ["requested_weight": 0.8, "mechanism": "layout_share", "effective": 0.31]
        #expect(
            StudioGenerate.referenceLine(reference) == "the character's pictures, 31 % of the frame (weight 0.8)")
        #expect(StudioGenerate.referenceLine(["mechanism": "none"]) == nil)
        #expect(StudioGenerate.referenceLine(nil) == nil)
    }
}
