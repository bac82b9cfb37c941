import Foundation
package import HearthCore
package import NIOCore
import NIOFoundationEssentialsCompat

extension Picture {
    /// A picture in the memory that it was received in; nothing is copied.
    package convenience init(sharing buffer: ByteBuffer) { self.init(Data(sharing: buffer), storage: buffer) }
}

extension Data {
    /// The readable bytes of a buffer in the buffer's own memory, which lives as long as the data does.
    package init(sharing buffer: ByteBuffer) {
        self = buffer.readableBytes == 0 ? Data() : Data(buffer: buffer, byteTransferStrategy: .noCopy)
    }
}
