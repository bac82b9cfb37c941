import Foundation
import HearthCore
import HearthHTTP
import NIOCore
import Testing

@Suite struct PictureBufferTests {
    private func address(_ buffer: ByteBuffer) -> UnsafeRawPointer? {
        buffer.withUnsafeReadableBytes { $0.baseAddress }
    }

    private func address(_ data: Data) -> UnsafeRawPointer? { data.withUnsafeBytes { $0.baseAddress } }

    @Test func aPictureLiesWhereItWasReceived() throws {
        var body = ByteBuffer(repeating: 7, count: 50_000)
        body.moveReaderIndex(forwardBy: 100)
        let part = try #require(body.getSlice(at: 200, length: 40_000))
        let picture = Picture(sharing: part)
        #expect(address(picture.bytes) == address(part) && picture.bytes.count == 40_000)
        let storage = try #require(picture.storage as? ByteBuffer)
        #expect(address(storage) == address(part))
    }

    @Test func theBytesStayWhenTheBufferIsWrittenTo() {
        var buffer = ByteBuffer(repeating: 7, count: 20_000)
        let data = Data(sharing: buffer)
        buffer.setInteger(UInt8(1), at: 0)
        buffer = ByteBuffer()
        #expect(data == Data(repeating: 7, count: 20_000))
        #expect(buffer.readableBytes == 0)
    }

    @Test func anEmptyBufferIsNoBytes() {
        #expect(Data(sharing: ByteBuffer()).isEmpty)
    }
}
