import Foundation
import HTTPTypes
package import HearthCore
package import HearthHTTP
import HearthJSON
package import Hummingbird
package import Logging
import NIOCore
import NIOFoundationEssentialsCompat

/// One request at a route: who calls, what they say, and until when they wait.
package struct DoorCall: Sendable {
    package let request: Request
    package let caller: Caller
    package let logger: Logger
    /// Bounds the bodies that all calls hold together.
    private let budget: BodyBudget
    /// Whose shares of it this call counts in.
    let holders: [BodyHolder]
    package let start: ContinuousClock.Instant
    /// When the caller is told that it took too long: after Hearth's own limit, or sooner when the request says so in
    /// `x-hearth-timeout-ms`.
    package let deadline: ContinuousClock.Instant
    /// Whether the request said how long it waits.
    let hasOwnDeadline: Bool
    private let body: BodyRule?
    /// As they stand in the path.
    private let parameters: [(name: String, value: String)]

    /// - Throws: ``HearthError`` `invalid_request` for a timeout that is no number.
    init(
        _ request: Request, at route: DoorRoute, parameters: [(name: String, value: String)],
        caller: Caller, budget: BodyBudget, logger: Logger
    ) throws(HearthError) {
        self.request = request
        self.caller = caller
        self.logger = logger
        self.budget = budget
        var holders: [BodyHolder] = [.tenant(caller.principal.tenant)]
        if let address = ClientPresence.currentAddress { holders.append(.address(address)) }
        self.holders = holders
        self.parameters = parameters
        body = route.body
        start = .now
        let timeout = try Self.timeout(request.headers)
        deadline = start + (timeout ?? Limits.inferenceDeadline)
        hasOwnDeadline = timeout != nil
    }

    package var principal: Principal { caller.principal }
    package var tenant: Tenant { principal.tenant }

    /// Identifies the request in logs.
    package var id: String { logger[metadataKey: "hb.request.id"].map { "\($0)" } ?? "" }

    private static let timeoutField = "x-hearth-timeout-ms"

    private static func timeout(_ headers: HTTPFields) throws(HearthError) -> Duration? {
        guard let name = HTTPField.Name(timeoutField), let text = headers[name] else { return nil }
        guard let milliseconds = Int32(text), milliseconds > 0 else {
            throw HearthError(.invalidRequest, "`\(timeoutField)` must be a number of milliseconds from 1.")
        }
        return min(.milliseconds(milliseconds), Limits.inferenceDeadline)
    }

    /// A parameter of the path, decoded: a model's name may hold `%2F`.
    /// - Throws: ``HearthError`` `invalid_request` when it is not validly encoded.
    package func parameter(_ name: String) throws(HearthError) -> String {
        guard let text = parameters.first(where: { $0.name == name })?.value.removingPercentEncoding else {
            throw HearthError(.invalidRequest, "The path is not validly encoded.")
        }
        return text
    }

    /// Whether the route's path has a parameter.
    func hasParameter(_ name: String) -> Bool { parameters.contains { $0.name == name } }

    /// The fields of the query.
    /// - Throws: ``HearthError`` `invalid_request` when it is not UTF-8, or names one twice.
    package func query() throws(HearthError) -> RequestFields { try RequestFields(query: request.uri.query ?? "") }

    /// - Throws: ``HearthError`` `forbidden` when the credential does not reach that far.
    package func require(_ permission: Permission) throws(HearthError) { try principal.require(permission) }

    /// Memory for what this call makes, none of it taken yet; it counts with the bodies that all calls hold.
    package func reservation() -> BodyReservation { budget.reservation(of: holders) }

    /// The whole body; it counts against the budget for as long as the value lives.
    /// - Throws: ``HearthError`` `body_too_large`, `overloaded`, `request_timeout`, `invalid_request`.
    package func collectBody() async throws -> CollectedBody { try await collectBody(limit: body?.limit ?? 0) }

    /// The whole body, of at most so many bytes.
    /// - Throws: as ``collectBody()``.
    func collectBody(limit: Int) async throws -> CollectedBody {
        func collect() async throws -> CollectedBody {
            try await RequestBody.collect(from: request, limit: limit, budget: budget, holders: holders)
        }
        guard let slot = caller.slot, request.head.announcesBody else { return try await collect() }
        return try await slot.waiting(collect)
    }

    /// The body as it arrives.
    var arrivingBody: AwaitedBody { AwaitedBody(base: request.body, slot: caller.slot) }

    /// The body as a JSON object, as the route's ``BodyRule`` has it.
    /// - Throws: ``HearthError`` `invalid_request`, `unsupported_media_type`, and as bodies are read.
    package func fields() async throws -> RequestFields {
        let collected = try await collectBody()
        if body?.isStrict == true { try requireJSON() }
        if body?.isOptional == true, collected.bytes.readableBytes == 0 {
            return RequestFields([:], reservation: collected.reservation)
        }
        if body?.isNumbers == true { try collected.reserveParsedNumbers() }
        let maximumValues = body?.isNumbers == true ? Limits.tensorValues : JSONParser.maximumValues
        let value = try collected.bytes.withUnsafeReadableBytes { bytes in
            Result { () throws(HearthError) in try JSONParser.read(bytes, maximumValues: maximumValues) }
        }.get()
        return try RequestFields(value, reservation: collected.reservation)
    }

    /// What the body is declared as, in lower case and without parameters; empty: nothing is said.
    var contentType: String {
        let text = request.headers[.contentType] ?? ""
        return text.split(separator: ";").first?.trimmingCharacters(in: .whitespaces).lowercased() ?? ""
    }

    /// `curl -d` says that its body is a form when nothing else is said; JSON is all that is seen.
    static let jsonTypes: Set<String> = [
        "application/json", "text/json", "", "application/x-www-form-urlencoded",
    ]

    private func requireJSON() throws(HearthError) {
        guard Self.jsonTypes.contains(contentType) else {
            throw Self.notUnderstood(contentType, hint: "Send application/json.")
        }
    }

    /// What `curl -d` and `curl --data-binary` declare by themselves.
    private static let form = "application/x-www-form-urlencoded"

    static func isDeclaredJSON(_ type: String) -> Bool { type == "application/json" || type == "text/json" }

    /// Whether a body is to be read as JSON: it is declared so, or as nothing, or as what curl declares by itself, and
    /// then its first character is that of an object or a list, with which no picture begins.
    static func isJSON(_ body: ByteBuffer, type: String) -> Bool {
        if isDeclaredJSON(type) { return true }
        guard type.isEmpty || type == form else { return false }
        guard body.readableBytes > 0 else { return true }
        var start = body.readableBytesView.prefix(64)
        if start.starts(with: [0xEF, 0xBB, 0xBF]) { start = start.dropFirst(3) }
        let first = start.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        return first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
    }

    /// The refusal of a body by its content type.
    static func notUnderstood(_ type: String, hint: String) -> HearthError {
        let curl =
            type == form
            ? " curl sends a form unless it is told: add -H 'Content-Type: application/json', or of the picture." : ""
        return HearthError(
            .unsupportedMediaType, "A body of this content type is not understood here.", hint: hint + curl)
    }
}
