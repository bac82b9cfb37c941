package import HearthHTTP

/// An interface that the front serves: REST, a protocol of another server, the events of jobs, monitoring.
///
/// A door is its list of routes. ``FrontDoor`` derives everything else from them: the router, `Allow`, the shapes of
/// errors, what needs a credential, what is answered on the connection's own thread, and `/openapi.json`. A new door is
/// a new type with this one requirement, and a line where the front is assembled.
package protocol Door: Sendable {
    /// Every route that it answers.
    var routes: [DoorRoute] { get }

    /// Paths that belong to this door alone, such as `/api/v2`: a path below them that has no route is answered in
    /// ``errors``, because its client speaks the door's protocol.
    var prefixes: [String] { get }

    /// The shape of errors below ``prefixes`` where no route says it.
    var errors: ErrorShape { get }
}

extension Door {
    package var prefixes: [String] { [] }
    package var errors: ErrorShape { .hearth }
}
