import Foundation
import Testing

@testable import HearthJSON

@Suite struct JSONDocumentTests {
    private func document(_ text: String) throws(JSONError) -> JSONDocument {
        try JSONParser.document(Data(text.utf8), largeStrings: ["image_base64"])
    }

    @Test func leavesALargeStringInTheBody() throws {
        let document = try document(#"{"name":"Mira","image_base64":"aGVhcnRo","k":3}"#)
        #expect(document.value == ["name": "Mira", "k": 3])
        #expect(document.slices == ["image_base64": 31..<39])
        #expect(try document.base64("image_base64") == Data("hearth".utf8))
        #expect(try document.text("image_base64") == "aGVhcnRo")
        #expect(try document.base64("name") == nil)
    }

    @Test func makesAnOrdinaryStringOfOneWithEscapes() throws {
        let document = try document(#"{"image_base64":"\/\/8="}"#)
        #expect(document.slices.isEmpty)
        #expect(document.value == ["image_base64": "//8="])
    }

    @Test func slicesOnlyStringsOfTheTopLevel() throws {
        #expect(try document(#"{"a":{"image_base64":"QQ=="}}"#).value == ["a": ["image_base64": "QQ=="]])
        #expect(try document(#"[{"image_base64":"QQ=="}]"#).slices.isEmpty)
        #expect(try document(#"{"image_base64":null}"#).value == ["image_base64": nil])
        #expect(try document(#"{"image_base64":17}"#).value == ["image_base64": 17])
    }

    @Test(arguments: [
        #"{"image_base64":"QQ==","image_base64":"QQ=="}"#, #"{"image_base64":"QQ==","image_base64":1}"#,
        #"{"image_base64":1,"image_base64":"QQ=="}"#, #"{"image_base64":"QQ==","image_base64":"\/"}"#,
        #"{"image_base64":"\/","image_base64":"QQ=="}"#,
    ])
    func refusesADuplicateOfALargeString(text: String) {
        let error = #expect(throws: JSONError.self) { try document(text) }
        #expect(error?.message.contains("twice") == true)
    }

    @Test func refusesALargeStringWithoutEnd() {
        #expect(throws: JSONError.self) { try document(#"{"image_base64":"QQ=="#) }
        #expect(throws: JSONError.self) { try document(#"{"image_base64":"QQ==""#) }
    }

    @Test func checksASliceWhenItIsReadAsText() throws {
        let document = try document("{\"image_base64\":\"a\nb\"}")
        #expect(throws: JSONError.self) { try document.text("image_base64") }
        #expect(throws: JSONError.self) { try document.base64("image_base64") }
    }

    @Test func countsSlicesFromTheStartOfABodyThatIsPartOfLargerData() throws {
        let data = Data(#"----{"image_base64":"QUJD"}"#.utf8)
        let document = try JSONParser.document(data.dropFirst(4), largeStrings: ["image_base64"])
        #expect(try document.base64("image_base64") == Data("ABC".utf8))
    }

    @Test func refusesToReadASliceOutsideOfItsBody() {
        let document = JSONDocument(value: [:], slices: ["a": 2..<9], body: Data("abc".utf8))
        let error = #expect(throws: JSONError.self) { try document.base64("a") }
        #expect(error?.kind == .fault)
    }
}
