import Foundation
import HearthCore
import HearthJSON
import NIOCore
import Testing

@testable import HearthComfyUI

@Suite struct ComfyMessageTests {
    private func text(_ text: String) -> ComfyMessage? { ComfyMessage(text: Data(text.utf8)) }

    @Test func knownKindsAreRead() {
        #expect(
            text(#"{"type":"status","data":{"status":{"exec_info":{"queue_remaining":2}}}}"#) == .status(remaining: 2))
        #expect(
            text(#"{"type":"executing","data":{"node":null,"prompt_id":"a"}}"#) == .executing(prompt: "a", node: nil))
        #expect(
            text(#"{"type":"progress","data":{"value":1,"max":3,"prompt_id":"a","node":"3"}}"#)
                == .progress(prompt: "a", node: "3", value: 1, maximum: 3))
        #expect(text(#"{"type":"crystools.monitor","data":{}}"#) == .other)
    }

    @Test(arguments: [
        "", "hello", "[]", "{}", #"{"type":1}"#, #"{"type":"progress","data":{}}"#, #"{"type":"execution_start"}"#,
        #"{"type":"progress","data":{"value":NaN,"max":1}}"#, #"{"type":"status","data":{}}"#,
    ]) func otherTextIsNone(given: String) {
        #expect(text(given) == nil)
    }

    // MARK: Binary

    private let picture: [UInt8] = [0xFF, 0xD8, 0xFF, 1, 2, 3]

    private func binary(_ kind: UInt32, _ more: (inout ByteBuffer) -> Void) -> ComfyMessage? {
        var bytes = ByteBuffer(integer: kind)
        more(&bytes)
        return ComfyMessage(binary: bytes)
    }

    @Test func previewIsAPicture() {
        let message = binary(1) {
            $0.writeInteger(UInt32(1))
            $0.writeBytes(picture)
        }
        #expect(message == .preview(prompt: nil, Data(picture)))
        #expect(binary(1) { $0.writeBytes([0, 0, 0, 1] + Array("GIF89a".utf8)) } == nil)
        #expect(binary(1) { _ in } == nil)
    }

    @Test func previewWithMetadataSaysItsPrompt() {
        let about = #"{"prompt_id":"a","node_id":"3"}"#
        let message = binary(4) {
            $0.writeInteger(UInt32(about.utf8.count))
            $0.writeString(about)
            $0.writeBytes(picture)
        }
        #expect(message == .preview(prompt: "a", Data(picture)))
    }

    @Test func textOfANodeIsOneLine() {
        let message = binary(3) {
            $0.writeInteger(UInt32(1))
            $0.writeString("7two\nlines\u{202E}")
        }
        #expect(message == .text("two lines"))
    }

    @Test func lengthsBeyondTheMessageAreNone() {
        for kind: UInt32 in [3, 4] {
            #expect(binary(kind) { $0.writeInteger(UInt32.max) } == nil)
            #expect(binary(kind) { $0.writeInteger(UInt32(9)) } == nil)
        }
        #expect(ComfyMessage(binary: ByteBuffer(bytes: [0, 0])) == nil)
    }

    @Test func otherKindsArePassedOver() {
        #expect(binary(2) { $0.writeBytes(picture) } == .other)
        #expect(binary(77) { _ in } == .other)
    }

    // MARK: JSON as Python writes it

    @Test(arguments: [
        (#"{"max": 18446744073709551615}"#, #"{"max":1.8446744073709552e+19}"#),
        (#"[NaN, Infinity, -Infinity, -1, 1e5]"#, "[null,null,null,-1,100000.0]"),
        (#"["\udce9", "\ud83d\ude00", "\ud83d", "NaN", "\"", "\\"]"#, #"["�","😀","�","NaN","\"","\\"]"#),
        (#"[123456789012345678, -99999999999999999999]"#, #"[123456789012345678,-1e+20]"#),
    ]) func whatPythonAddsToJSONIsUnderstood(given: String, meant: String) throws {
        #expect(try PythonJSON.read(Data(given.utf8)) == JSONParser.read(Data(meant.utf8)))
    }

    @Test(arguments: ["", "[", "{\"a\":}", "\"", "\"\\", "\"\\u12", "Nan", "[1 2]"])
    func brokenJSONStaysBroken(given: String) {
        #expect(throws: HearthError.self) { try PythonJSON.read(Data(given.utf8)) }
    }

    @Test func foreignTextIsOneBoundedLine() {
        #expect(ForeignText.shown("a\n\u{1B}[31mb\u{2028}") == "a [31mb")
        #expect(ForeignText.shown(String(repeating: "x", count: 400)).count == 301)
        #expect(ForeignText.shown(nil).isEmpty)
    }
}
