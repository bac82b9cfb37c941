import HTTPTypes
package import Hummingbird
package import NIOCore
import ServiceLifecycle

/// Server-Sent Events as a response.
package enum EventStream {
    private static let headers: HTTPFields = {
        var headers: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-cache"]
        // Tells nginx to pass each event on at once.
        if let buffering = HTTPField.Name("X-Accel-Buffering") { headers[buffering] = "no" }
        return headers
    }()

    /// A response that lasts as long as `events`, and no longer than its client and its client's credential.
    ///
    /// When the client leaves, the task that iterates `events` is cancelled; when the server stops, the stream ends and
    /// the client may reconnect to its successor. While no event comes, a comment every `keepAlive` keeps proxies from
    /// closing the connection. An error of `events` cuts the connection, so that the client reconnects, and so does the
    /// end of a credential while the client takes nothing of what was sent.
    /// - Parameters:
    ///   - request: as it was received: its unread input tells when the client leaves.
    ///   - end: returns when the client may not be served any longer, and when its task is cancelled.
    ///   - retry: how long the client shall wait before it reconnects; nil leaves it to the client.
    package static func response<Events: AsyncSequence & Sendable>(
        to request: Request, events: Events, until end: @escaping @Sendable () async -> Void,
        keepAlive: Duration = .seconds(15), retry: Duration? = nil
    ) -> Response where Events.Element == ServerSentEvent {
        guard request.method != .head else { return Response(status: .ok, headers: headers) }
        let body = ResponseBody { writer in
            let handoff = EventHandoff()
            try await request.body.consumeWithInboundCloseHandler { _ in
                try await withGracefulShutdownHandler {
                    try await pump(until: end, through: handoff, into: &writer, keepAlive: keepAlive, retry: retry) {
                        for try await event in events {
                            guard await handoff.send(event) else { return }
                        }
                    }
                } onGracefulShutdown: {
                    handoff.end(.stopped)
                }
            } onInboundClosed: {
                handoff.end(.left)
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: headers, body: body)
    }

    /// A response to a request whose body was read, which lasts as long as `produce` runs, and no longer than its
    /// client and its client's credential.
    ///
    /// When the client leaves, or the server stops, the task that runs `produce` is cancelled. Otherwise as
    /// ``response(to:events:until:keepAlive:retry:)``.
    /// - Parameter produce: makes the events; `send` returns when the event before was taken, false when none is taken
    ///   any more.
    package static func response(
        until end: @escaping @Sendable () async -> Void, keepAlive: Duration = .seconds(15),
        produce: @escaping @Sendable (_ send: @escaping @Sendable (ServerSentEvent) async -> Bool) async throws -> Void
    ) -> Response {
        let body = ResponseBody { writer in
            let handoff = EventHandoff()
            try await withGracefulShutdownHandler {
                try await pump(until: end, through: handoff, into: &writer, keepAlive: keepAlive, retry: nil) {
                    try await produce { await handoff.send($0) }
                }
            } onGracefulShutdown: {
                handoff.end(.stopped)
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: headers, body: body)
    }

    /// Writes what three child tasks hand over: the events, the ticks of silence, and the end of the credential.
    private static func pump(
        until end: @escaping @Sendable () async -> Void, through handoff: EventHandoff,
        into writer: inout any ResponseBodyWriter, keepAlive: Duration, retry: Duration?,
        produce: @escaping @Sendable () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer {
                handoff.end(.left)
                group.cancelAll()
            }
            group.addTask {
                do {
                    try await produce()
                    handoff.end(.finished)
                } catch {
                    handoff.end(.failed(error))
                }
            }
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: keepAlive)
                    handoff.tick()
                }
            }
            group.addTask {
                await end()
                handoff.end(.stopped)
                // Where the client does not read, the end of the stream would wait as long as the events.
                if !Task.isCancelled { ClientPresence.current?.endIfStalled() }
            }
            var opening = ByteBuffer()
            if let retry {
                opening.writeString("retry: \(Int(retry / .milliseconds(1)))\n\n")
            } else {
                opening.writeStaticString(":\n\n")
            }
            try await writer.write(opening)
            while true {
                var buffer = ByteBuffer()
                switch await handoff.next() {
                case .event(let event): event.write(into: &buffer)
                case .tick: buffer.writeStaticString(":\n\n")
                case .end(.finished), .end(.stopped): return
                case .end(.left): throw CancellationError()
                case .end(.failed(let error)): throw error
                }
                try await writer.write(buffer)
            }
        }
    }
}

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
