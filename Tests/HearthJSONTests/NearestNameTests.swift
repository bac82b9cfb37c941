import HearthJSON
import Testing

/// Which name a misspelt one stands for.
@Suite struct NearestNameTests {
    private static let allowed = [
        "threshold", "expires_in_seconds", "min_score", "collection", "image_base64", "k", "limits", "project",
    ]

    @Test(
        arguments: [
            ("treshold", "threshold"), ("thershold", "threshold"), ("Threshold", "threshold"),
            ("expires_in", "expires_in_seconds"), ("expires", "expires_in_seconds"), ("minScore", "min_score"),
            ("min-score", "min_score"), ("colection", "collection"), ("collections", "collection"),
            ("image_bas64", "image_base64"), ("limit", "limits"), ("K", "k"),
        ])
    func aNameThatIsLikeAnotherStandsForIt(name: String, meant: String) {
        #expect(NearestName.of(name, among: Self.allowed) == meant)
    }

    @Test(arguments: ["", "top_k", "colour", "__proto__", "tenant", String(repeating: "threshold", count: 10_000)])
    func aNameThatIsLikeNoneStandsForNone(name: String) {
        #expect(NearestName.of(name, among: Self.allowed) == nil)
    }

    @Test func theNearestOfSeveralIsTaken() {
        #expect(NearestName.of("scors", among: ["scopes", "score", "store"]) == "score")
        #expect(NearestName.of("anything", among: []) == nil)
    }
}
