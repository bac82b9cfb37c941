import Foundation
import HTTPTypes
import HearthCore
import HearthHTTP
import NIOCore
import Testing

/// Errors as clients see them.
struct ErrorResponseTests {
    @Test func hasTheShapeThatClientsKnow() throws {
        struct Shape: Decodable, Equatable {
            struct Inner: Decodable, Equatable {
                var code: String
                var message: String
                var hint: String?
            }
            var error: Inner
        }
        let message = "A \"quote\", a \\, a\nline, \u{1} and ünïcödé 🔥."
        for hint in [nil, "try\tthis"] {
            let error = HearthError(.overloaded, message, hint: hint, retryAfter: 3)
            let response = ErrorResponse(error)
            let shape = try JSONDecoder().decode(Shape.self, from: Data(response.body.readableBytesView))
            #expect(
                shape
                    == Shape(error: .init(code: "overloaded", message: message, hint: hint ?? "Try again in a moment."))
            )
            #expect(response.status == .tooManyRequests)
            #expect(response.headers[.retryAfter] == "3")
            #expect(response.headers[.contentLength] == String(response.body.readableBytes))
        }
    }

    @Test func neverShowsACause() {
        struct Secret: Error { let path = "/secret/path" }
        let shown = ErrorResponse.shown(Secret())
        #expect(shown.code == .internalError)
        #expect(!String(buffer: ErrorResponse(shown).body).contains("secret"))
        #expect(shown.cause is Secret)
        let kept = HearthError(.conflict, "Taken.", cause: Secret())
        #expect(!String(buffer: ErrorResponse(kept).body).contains("secret"))
    }

    @Test(arguments: [
        (HearthError.Code.invalidRequest, 400), (.invalidImage, 422), (.imageTooLarge, 413),
        (.unsupportedMediaType, 415),
        (.bodyTooLarge, 413), (.headersTooLarge, 431), (.notFound, 404), (.methodNotAllowed, 405), (.conflict, 409),
        (.unauthorized, 401), (.forbidden, 403), (.overloaded, 429), (.modelNotReady, 503), (.deadlineExceeded, 504),
        (.requestTimeout, 408), (.insufficientStorage, 507), (.storageUnavailable, 503), (.schemaTooNew, 500),
        (.internalError, 500), ("never_heard_of", 500), (.upgradeRequired, 426), (.shuttingDown, 503),
        (.notImplemented, 501), (.unprocessable, 422), (.emptyInput, 400),
    ])
    func everyCodeHasItsStatus(code: HearthError.Code, status: Int) {
        #expect(ErrorTable.status(for: code).code == status)
    }

    @Test func aReservationGivesBackWhatItTook() throws {
        let budget = BodyBudget(limit: 100)
        do {
            let reservation = budget.reservation()
            try reservation.grow(by: 60)
            try reservation.grow(by: 40)
            #expect(budget.bytesInFlight == 100)
            #expect(throws: HearthError.self) { try budget.reservation().grow(by: 1) }
            withExtendedLifetime(reservation) {}
        }
        #expect(budget.bytesInFlight == 0)
    }
}
