import Foundation
import HearthTesting
import Testing

@testable import HearthCore
@testable import HearthInference

/// Two embeddings that may differ never share a slot.
@Suite struct CacheKeyTests {
    /// Everything that a key depends on.
    private struct Slot {
        var input: EmbeddingInput
        var truncates = true
        var model: ModelIdentity
        var tenant: Tenant

        var key: CacheKey { CacheKey(ContentHash(input, truncates: truncates), model: model, tenant: tenant) }

        static func random(_ random: inout RepeatableRandom) -> Slot {
            func text(_ length: Int) -> String {
                String((0..<length).map { _ in "abcdé日".randomElement(using: &random) ?? "a" })
            }
            let input: EmbeddingInput =
                switch Int.random(in: 0..<3, using: &random) {
                case 0:
                    .image(
                        Data(
                            (0..<Int.random(in: 1..<200, using: &random)).map { _ in
                                UInt8.random(in: 0...255, using: &random)
                            }))
                case 1:
                    .text(
                        text(Int.random(in: 1..<20, using: &random)),
                        role: [nil, .query, .document].randomElement(using: &random) ?? nil)
                default:
                    .tokens(
                        (0..<Int.random(in: 1..<20, using: &random)).map { _ in
                            Int32.random(in: 0..<30_000, using: &random)
                        })
                }
            return Slot(
                input: input, truncates: random.chance(50),
                model: ModelIdentity(
                    id: text(4), digest: text(8), dims: Int.random(in: 1..<1_000, using: &random),
                    precision: random.chance(50) ? "f32" : "bf16"),
                tenant: Tenant(rawValue: text(5)))
        }

        /// Changes exactly one thing that a vector, or the right to see it, depends on.
        mutating func changeOne(_ random: inout RepeatableRandom) -> String {
            switch Int.random(in: 0..<6, using: &random) {
            case 0:
                tenant = Tenant(rawValue: tenant.rawValue + "x")
                return "tenant"
            case 1:
                model.digest += "0"
                return "digest"
            case 2:
                model.precision = model.precision == "f32" ? "bf16" : "f32"
                return "precision"
            case 3:
                model.dims += 1
                return "dims"
            default: return changeInput(&random)
            }
        }

        private mutating func changeInput(_ random: inout RepeatableRandom) -> String {
            switch input {
            case .image(let picture):
                var bytes = picture.bytes
                let bit = Int.random(in: 0..<bytes.count * 8, using: &random)
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
                input = .image(bytes)
                return "one bit of a picture"
            case .text(let text, let role):
                if random.chance(30) {
                    truncates.toggle()
                    return "truncation"
                }
                if random.chance(50) {
                    input = .text(text, role: role == .query ? .document : .query)
                    return "role"
                }
                input = .text(text + " ", role: role)
                return "text"
            case .tokens(var tokens):
                tokens[Int.random(in: 0..<tokens.count, using: &random)] += 1
                input = .tokens(tokens)
                return "token"
            }
        }
    }

    @Test(arguments: RepeatableRandom.seeds(10)) func whatDiffersInOneThingHasAnotherKey(seed: UInt64) {
        var random = RepeatableRandom(seed: seed)
        for _ in 0..<500 {
            let slot = Slot.random(&random)
            var changed = slot
            let what = changed.changeOne(&random)
            #expect(slot.key != changed.key, "seed \(seed): \(what) of \(slot)")
            #expect(slot.key == slot.key && slot.key.bytes.count == 32)
        }
    }

    /// Equal sizes: servers that build keys from a picture's size have answered with another picture's vector.
    @Test func aHundredThousandPicturesOfOneSizeHaveAHundredThousandKeys() {
        let model = ModelIdentity(id: "m", digest: "d", dims: 8, precision: "f32")
        var picture = Data(repeating: 7, count: 64)
        var keys: Set<CacheKey> = []
        for number in 0..<100_000 {
            withUnsafeBytes(of: UInt32(number)) { picture.replaceSubrange(20..<24, with: $0) }
            keys.insert(CacheKey(ContentHash(.image(picture), truncates: true), model: model, tenant: .local))
        }
        #expect(keys.count == 100_000)
    }

    @Test func fieldsDoNotRunIntoEachOther() {
        func key(_ tenant: String, _ digest: String, _ precision: String) -> CacheKey {
            CacheKey(
                ContentHash(.text("x", role: nil), truncates: true),
                model: ModelIdentity(id: "m", digest: digest, dims: 8, precision: precision),
                tenant: Tenant(rawValue: tenant))
        }
        let parts = [
            ("ab", "c", "d"), ("a", "bc", "d"), ("a", "b", "cd"), ("abc", "", "d"), ("", "abc", "d"), ("abcd", "", ""),
            ("", "", "abcd"), ("a\u{1}b", "c", "d"), ("a", "\u{1}bc", "d"),
        ]
        #expect(Set(parts.map { key($0.0, $0.1, $0.2) }).count == parts.count)
    }

    @Test func kindsOfInputWithTheSameBytesAreKeptApart() {
        let inputs: [EmbeddingInput] = [
            .image(Data("query".utf8)), .text("query", role: nil), .text("query", role: .query),
            .text("query", role: .document), .tokens([]), .text("", role: nil), .text("", role: .query), .image(Data()),
            .tokens([1]), .tokens([1, 0]), .tokens([0, 1]), .tokens([256]), .image(Data([0, 1, 0, 0])),
        ]
        #expect(Set(inputs.map { ContentHash($0, truncates: true) }).count == inputs.count)
    }

    /// Swift calls these texts equal; a tokenizer reads them differently.
    @Test func textsAreComparedByTheirBytes() {
        let (composed, decomposed) = ("\u{E9}", "e\u{301}")
        #expect(composed == decomposed)
        #expect(
            ContentHash(.text(composed, role: nil), truncates: true)
                != ContentHash(.text(decomposed, role: nil), truncates: true))
        let model = ModelIdentity(id: "m", digest: "d", dims: 8, precision: "f32")
        let content = ContentHash(.image(Data([1])), truncates: true)
        #expect(
            CacheKey(content, model: model, tenant: Tenant(rawValue: composed))
                != CacheKey(content, model: model, tenant: Tenant(rawValue: decomposed)))
    }

    @Test func aPictureIsNeverCutSoThatTheFlagDoesNotSplitItsEntries() {
        let picture = EmbeddingInput.image(Data([1, 2, 3]))
        #expect(ContentHash(picture, truncates: true) == ContentHash(picture, truncates: false))
    }

    @Test func aPictureThatIsHashedAlreadyIsNotReadAgain() {
        let (bytes, others) = (Data([1, 2, 3]), Data([4, 5, 6]))
        let labelled = Picture(bytes, sha256: Digest256(of: others))
        #expect(ContentHash(.image(labelled), truncates: true) == ContentHash(.image(others), truncates: true))
        #expect(ContentHash(.image(labelled), truncates: true) != ContentHash(.image(bytes), truncates: true))
    }

    @Test func aCopyOfAModelUnderAnotherNameSharesItsEntries() {
        let content = ContentHash(.image(Data([1])), truncates: true)
        let keys = ["one", "other"].map {
            CacheKey(
                content, model: ModelIdentity(id: $0, digest: "d", dims: 8, precision: "f32"), tenant: .local)
        }
        #expect(keys[0] == keys[1])
    }

    /// A slice of a larger buffer is hashed from its own start, and in all of its pieces.
    @Test func slicesAreHashedAsTheirBytes() {
        let whole = Data((0..<100).map { UInt8($0) })
        let slice = whole[10..<20]
        #expect(
            ContentHash(.image(slice), truncates: true) == ContentHash(.image(Data(Array(slice))), truncates: true))
    }
}
