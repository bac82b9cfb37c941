import HearthCore
import Logging
import Testing

/// A secret shows itself nowhere but where its text is asked for.
@Suite struct SecretTests {
    /// Something that holds one, as settings do.
    private struct Holder {
        var name = "holder"
        var secret = Secret("hk_very-secret")
        var optional: Secret? = Secret("hk_very-secret")
    }

    private static let holder = Holder()

    private static let forms: [(String, @Sendable () -> String)] = [
        ("description", { String(describing: holder.secret) }),
        ("reflection", { String(reflecting: holder.secret) }),
        ("interpolation", { "\(holder.secret)" }),
        ("optional", { "\(String(describing: holder.optional))" }),
        ("a holder", { "\(holder)" }),
        ("a reflected holder", { String(reflecting: holder) }),
        ("an array", { "\([holder.secret])" }),
        ("a log message", { "\("key \(holder.secret)" as Logger.Message)" }),
        ("log metadata", { "\(Logger.MetadataValue.stringConvertible(holder.secret))" }),
        ("metadata's interpolation", { "\(["key": "\(holder.secret)"] as Logger.Metadata)" }),
        (
            "dump",
            {
                var text = ""
                dump(holder, to: &text)
                return text
            }
        ),
        ("children", { "\(Mirror(reflecting: holder.secret).children.map { $0 })" }),
        ("an error", { "\(Refusal(secret: holder.secret))" }),
    ]

    private struct Refusal: Error { var secret: Secret }

    @Test(arguments: SecretTests.forms.map { $0.0 })
    func noFormShowsTheText(_ name: String) throws {
        let form = try #require(Self.forms.first { $0.0 == name })
        let text = form.1()
        #expect(!text.contains("very-secret"), "\(name): \(text)")
    }

    @Test func nothingCanEncodeIt() {
        #expect(!(Self.holder.secret as Any is any Encodable))
    }

    @Test func itsTextIsThereForWhoAsks() { #expect(Secret("abc").revealed == "abc") }

    @Test(arguments: [("abc", true), ("abd", false), ("ab", false), ("abcd", false), ("", false), ("ABC", false)])
    func itMatchesItsOwnTextOnly(_ text: String, _ isSame: Bool) { #expect(Secret("abc").matches(text) == isSame) }
}
