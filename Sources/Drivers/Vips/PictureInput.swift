import CVips
import HearthCore

/// The bytes of a picture for its decoder, which asks on the way whether the picture is still wanted.
///
/// It must live as long as the pictures that are read from it. It is asked by the thread that decodes, or by one of
/// libvips that this thread waits for.
final class PictureInput {
    private let isAsked: () -> Bool
    private let input: UnsafeMutablePointer<hearth_picture_input>

    /// - Parameters:
    ///   - bytes: The file; they must outlive this.
    ///   - isWanted: Asked before each piece of them; after the first false the decoder gets no more.
    init(_ bytes: UnsafeRawBufferPointer, while isWanted: @escaping () -> Bool) {
        isAsked = isWanted
        input = .allocate(capacity: 1)
        input.initialize(to: hearth_picture_input())
        input.pointee.bytes = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        input.pointee.length = bytes.count
        input.pointee.context = Unmanaged.passUnretained(self).toOpaque()
        input.pointee.is_wanted = { context in
            guard let context else { return 0 }
            return Unmanaged<PictureInput>.fromOpaque(context).takeUnretainedValue().isAsked() ? 1 : 0
        }
    }

    deinit { input.deallocate() }

    /// Whether the decoder was ended: what it says of the picture then is not true.
    var hasEnded: Bool { input.pointee.has_ended != 0 }

    /// Asks as the decoder does.
    func isWanted() -> Bool { hearth_picture_is_wanted(input) != 0 }

    /// Reads the header, and of a WebP the pixels.
    /// - Returns: nil when it is damaged, or was ended.
    func open(_ header: ImageHeader, shrink: Int, sequential: Bool) -> UnsafeMutablePointer<VipsImage>? {
        var opening = hearth_picture_opening()
        opening.format = header.format.loader
        opening.input = input
        opening.width = Int32(header.width)
        opening.height = Int32(header.height)
        opening.orientation = Int32(header.orientation ?? 1)
        opening.shrink = Int32(shrink)
        opening.is_sequential = sequential ? 1 : 0
        return hearth_vips_open(&opening)
    }

    /// What the caller is told whose picture was ended.
    static var late: HearthError {
        HearthError(.deadlineExceeded, "The picture was not decoded in time.", retryAfter: 1)
    }
}
