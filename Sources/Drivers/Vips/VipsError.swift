import CVips

/// What libvips said when a call failed; goes to the log as a ``HearthError``'s cause, never to a client.
struct VipsError: Error, CustomStringConvertible {
    /// The step that failed: `open`, `resize`, …
    let step: String
    /// libvips' own text.
    let text: String

    /// Takes the error text on the thread that saw the failure.
    ///
    /// libvips keeps one text for the whole process: when two pictures fail at the same moment their texts may mix.
    /// That is why nothing but the log depends on it.
    init(step: String) {
        self.step = step
        guard let copy = vips_error_buffer_copy() else {
            text = "no text"
            return
        }
        text = String(cString: copy).trimmingWhitespace
        g_free(copy)
    }

    var description: String { "libvips \(step): \(text)" }
}

extension String {
    /// libvips ends each of its lines with a line feed.
    fileprivate var trimmingWhitespace: String {
        split(whereSeparator: \.isNewline).joined(separator: "; ")
    }
}
