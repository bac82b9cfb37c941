package import NIOCore

/// One event of an event stream (WHATWG HTML, section 9.2).
package struct ServerSentEvent: Sendable, Equatable {
    /// What a client that reconnects sends back as `Last-Event-ID`.
    package var id: String?
    /// Its type; nil means `message`.
    package var event: String?
    /// Usually JSON; every line of it becomes a line of the event.
    package var data: String

    package init(id: String? = nil, event: String? = nil, data: String) {
        self.id = id
        self.event = event
        self.data = data
    }

    /// Writes the event with the blank line that ends it.
    package func write(into buffer: inout ByteBuffer) {
        if let id { Self.writeField("id: ", id, into: &buffer) }
        if let event { Self.writeField("event: ", event, into: &buffer) }
        // A line ends with CR LF, LF or CR; a reader gives each back as LF.
        var lines = data.utf8[...]
        while true {
            let end = lines.firstIndex { $0 == 0x0A || $0 == 0x0D } ?? lines.endIndex
            buffer.writeStaticString("data: ")
            buffer.writeBytes(lines[..<end])
            buffer.writeStaticString("\n")
            guard end != lines.endIndex else { break }
            let isPair = lines[end] == 0x0D && lines[end...].dropFirst().first == 0x0A
            lines = lines[end...].dropFirst(isPair ? 2 : 1)
        }
        buffer.writeStaticString("\n")
    }

    /// A value that cannot stand in one line would end the field early or be ignored: its rest is left out.
    private static func writeField(_ name: StaticString, _ value: String, into buffer: inout ByteBuffer) {
        buffer.writeStaticString(name)
        buffer.writeBytes(value.utf8.prefix { $0 != 0x0A && $0 != 0x0D && $0 != 0 })
        buffer.writeStaticString("\n")
    }
}
