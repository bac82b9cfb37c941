import Foundation
import HearthCore
import HearthInference
import HearthJSON
import Hummingbird
import NIOCore
import NIOFoundationEssentialsCompat

/// One request of another server's protocol.
struct ForeignCall: Sendable {
    let request: Request
    let context: DoorContext
    let principal: Principal
    let budget: BodyBudget
    let start = ContinuousClock.now

    /// When the caller is told that it took too long.
    var deadline: ContinuousClock.Instant { start + Limits.inferenceDeadline }

    /// A parameter of the path, decoded: a model's name may hold `%2F`.
    /// - Throws: ``HearthError`` `invalid_request` when it is not validly encoded.
    func parameter(_ name: String) throws(HearthError) -> String {
        guard let text = context.parameters.get(name)?.removingPercentEncoding else {
            throw HearthError(.invalidRequest, "The path is not validly encoded.")
        }
        return text
    }

    /// - Throws: ``HearthError`` `forbidden` when the credential does not reach that far.
    func require(_ permission: Permission) throws(HearthError) {
        guard principal.permission >= permission else {
            throw HearthError(.forbidden, "This credential may not do that.")
        }
    }

    /// The whole body; it counts against the budget for as long as the value lives.
    func body(limit: Int) async throws -> CollectedBody {
        try await RequestBody.collect(from: request, limit: limit, budget: budget)
    }

    /// The body as a JSON object, whatever its declared type: these protocols' servers do not look at it.
    /// - Parameter isOptional: Whether no body stands for an empty object.
    /// - Throws: ``HearthError`` `invalid_request`.
    func fields(limit: Int, isOptional: Bool = false) async throws -> ForeignFields {
        let body = try await body(limit: limit)
        if isOptional, body.bytes.readableBytes == 0 { return ForeignFields([:], reservation: body.reservation) }
        return try Self.fields(of: body)
    }

    /// As ``fields(limit:isOptional:)``, for bodies that are mostly numbers: parsed, they take up to twelve times as
    /// much memory as written, which counts against the budget as well.
    func tensorFields(limit: Int = Limits.tensorBodyBytes) async throws -> ForeignFields {
        let body = try await body(limit: limit)
        try body.reserveParsedNumbers()
        return try Self.fields(of: body, maximumValues: Limits.tensorValues)
    }

    private static func fields(
        of body: CollectedBody, maximumValues: Int = JSONParser.maximumValues
    ) throws -> ForeignFields {
        let value = try body.bytes.withUnsafeReadableBytes { bytes in
            Result { () throws(HearthError) in try JSONParser.read(bytes, maximumValues: maximumValues) }
        }.get()
        guard let object = value.objectValue else {
            throw HearthError(.invalidRequest, "The body must be a JSON object.")
        }
        return ForeignFields(object, reservation: body.reservation)
    }

    /// How this caller's vectors are made.
    func options(model: String) -> EmbeddingService.Options {
        var options = EmbeddingService.Options(tenant: principal.tenant, deadline: deadline)
        options.model = model
        return options
    }
}
