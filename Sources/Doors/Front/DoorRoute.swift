package import HTTPTypes
package import HearthCore
package import HearthHTTP
package import Hummingbird

/// A verb at a path, and all that the front must know to serve it.
package struct DoorRoute: Sendable {
    package typealias Answer = @Sendable (DoorCall) async throws -> Response
    package typealias Decide = @Sendable (DoorCall) async throws -> WebSocketDecision

    /// Who may call.
    package enum Access: Sendable, Equatable {
        /// Anyone, however busy the server is: neither credential nor load is looked at.
        case everyone
        /// Callers with a credential that has at least this permission.
        case credential(Permission)
        /// As `credential(.read)`, but a request without a credential may read as the local tenant: the protocol's
        /// clients cannot send one.
        case optionalCredential
    }

    /// What answers.
    package enum Handler: Sendable {
        case response(Answer)
        /// The route is a WebSocket; a request that asks for none is told so.
        case socket(Decide)
    }

    /// Which requests cost so little that another thread's waking would cost more: they are read and answered on
    /// their connection's own thread, where other connections wait for them, and nothing that other threads do delays
    /// them.
    package struct QuickRule: Sendable, Equatable {
        /// Longest body in bytes …
        package var bodyBytes: Int
        /// … and longest body that is a picture by its content type.
        package var pictureBytes: Int

        package init(bodyBytes: Int, pictureBytes: Int? = nil) {
            self.bodyBytes = bodyBytes
            self.pictureBytes = pictureBytes ?? bodyBytes
        }
    }

    package let method: HTTPRequest.Method
    /// As ``PathPattern`` reads it: `/v2/models/{model}/infer`.
    package let path: String
    package var access: Access
    /// What its body is; nil: none is read.
    package var body: BodyRule?
    /// How errors are worded.
    package var errors: ErrorShape
    /// Nil: it is never quick.
    package var quick: QuickRule?
    /// Whether an answer of known length is read piece by piece while it is sent, so that it takes no memory.
    package var streamsAnswer: Bool
    /// Whether a field of the query that its entry in `/openapi.json` does not name is refused. Clients of other
    /// servers send fields of their own; what reads its query by a schema refuses them itself.
    package var refusesUnknownQuery: Bool
    package let handler: Handler
    /// Its part of `/openapi.json`, made when the document is asked for.
    package let description: @Sendable () -> OpenAPIEntry

    /// Whether it is for more than reading.
    var changesSomething: Bool {
        if case .credential(let permission) = access { permission > .read } else { false }
    }

    package init(
        _ method: HTTPRequest.Method, _ path: String, access: Access = .credential(.read), body: BodyRule? = nil,
        errors: ErrorShape = .hearth, quick: QuickRule? = nil, streamsAnswer: Bool = false,
        refusesUnknownQuery: Bool? = nil,
        describe description: @autoclosure @escaping @Sendable () -> OpenAPIEntry, answer: @escaping Answer
    ) {
        self.method = method
        self.path = path
        self.access = access
        self.body = body
        self.errors = errors
        self.quick = quick
        self.streamsAnswer = streamsAnswer
        self.refusesUnknownQuery = refusesUnknownQuery ?? errors.isHearths
        self.description = description
        handler = .response(answer)
    }

    /// A route whose requests become WebSockets.
    package init(
        socket path: String, access: Access = .credential(.read),
        describe description: @autoclosure @escaping @Sendable () -> OpenAPIEntry, decide: @escaping Decide
    ) {
        method = .get
        self.path = path
        self.access = access
        errors = .hearth
        streamsAnswer = false
        refusesUnknownQuery = true
        self.description = description
        handler = .socket(decide)
    }
}

extension DoorRoute {
    /// Whether a request of this route is quick.
    func isQuick(_ head: HTTPRequest) -> Bool {
        guard let quick else { return false }
        guard body != nil || head.announcesBody else { return true }
        let isPicture = head.headerFields[.contentType]?.hasPrefix("image/") == true
        return head.hasBody(upTo: isPicture ? quick.pictureBytes : quick.bodyBytes)
    }
}
