import HearthCore
import HearthJSON
import Testing

/// How errors of JSON become Hearth's.
@Suite struct HearthErrorTests {
    private struct Taken: Decodable {
        init(from decoder: any Decoder) throws { throw HearthError(.conflict, "The name is taken.") }
    }
    private struct Holder: Decodable { var name: Taken }
    private struct Count: Decodable { var count: Int }

    @Test func whatAClientWroteWronglyIsAnInvalidRequestWithTheSameWords() {
        let error = #expect(throws: HearthError.self) { try JSONValueDecoder.read(Count.self, from: ["count": "x"]) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message == "`count` must be an integer.")
    }

    @Test func whatATypesOwnInitialiserThrowsComesThrough() {
        let error = #expect(throws: HearthError.self) { try JSONValueDecoder.read(Holder.self, from: ["name": [:]]) }
        #expect(error?.code == .conflict)
        #expect(error?.message == "The name is taken.")
    }

    @Test func aFaultOfTheProgramIsAnInternalError() {
        #expect(HearthError(JSONError("A type has no schema.", kind: .fault)).code == .internalError)
    }
}
