import HTTPTypes
import HearthCore
import HearthHTTP
import HearthJSON
import Hummingbird
import NIOCore
import NIOEmbedded
import Testing

@testable import HearthDoors

/// What answers say of a caller's rate.
@Suite struct RateHeadersTests {
    private struct TestDoor: Door {
        var routes: [DoorRoute] {
            func route(_ path: String, _ access: DoorRoute.Access = .credential(.read)) -> DoorRoute {
                DoorRoute(.get, path, access: access, describe: OpenAPIEntry(path, "", answer: nil)) { _ in
                    guard path != "/absent" else { throw HearthError(.notFound, "It is not there.") }
                    guard path != "/shaped" else {
                        throw ShapedError(HearthError(.invalidRequest, "No."), .text(in: "oops"))
                    }
                    return Response(status: .ok)
                }
            }
            return [
                route("/read"), route("/absent"), route("/shaped"), route("/write", .credential(.write)),
                route("/open", .everyone),
                DoorRoute(socket: "/socket", describe: OpenAPIEntry("socket", "", answer: nil)) { _ in .accept { _ in }
                },
            ]
        }
    }

    private static let names = RateHeaders.descriptions.map(\.0)

    private static func rate(isGranted: Bool = true) -> TokenBucket.Answer {
        TokenBucket.Answer(
            isGranted: isGranted, limit: 20, remaining: isGranted ? 7 : 0, reset: .milliseconds(2_600),
            wait: isGranted ? .zero : .milliseconds(1_200))
    }

    private func routing(_ rate: TokenBucket.Answer?) throws -> DoorRouting {
        let caller = Caller(
            Principal(keyID: "k", tenant: Tenant(rawValue: "shop"), permission: .read), rate: rate)
        return try DoorRouting(
            [TestDoor()], admission: Admission(metrics: MetricsRegistry()) { _, _ in caller }, budget: BodyBudget())
    }

    private func head(_ path: String, _ method: HTTPRequest.Method = .get) -> HTTPRequest {
        HTTPRequest(method: method, scheme: "http", authority: "test", path: path)
    }

    private func answer(
        _ path: String, _ rate: TokenBucket.Answer?, _ method: HTTPRequest.Method = .get
    ) async throws -> Response {
        let context = BasicRequestContext(
            source: ApplicationRequestContextSource(channel: EmbeddedChannel(), logger: DoorServer.quiet))
        let request = Request(head: head(path, method), body: RequestBody(buffer: ByteBuffer()))
        return try await routing(rate).router().buildResponder().respond(to: request, context: context)
    }

    /// The three values; fewer when a header is missing.
    private func shown(_ headers: HTTPFields) -> [String] {
        Self.names.compactMap { HTTPField.Name($0).flatMap { headers[$0] } }
    }

    @Test(arguments: [("/read", 200), ("/absent", 404), ("/shaped", 400), ("/write", 403)])
    func everyAnswerToACallerWithARateShowsIt(path: String, status: Int) async throws {
        let response = try await answer(path, Self.rate())
        #expect(response.status.code == status)
        #expect(shown(response.headers) == ["20", "7", "3"], "and the seconds are rounded up")
        #expect(response.headers[.retryAfter] == nil)
    }

    @Test func whoIsOverTheRateIsToldWhenToComeBack() async throws {
        let response = try await answer("/read", Self.rate(isGranted: false))
        #expect(response.status == .tooManyRequests)
        #expect(shown(response.headers) == ["20", "0", "3"])
        #expect(response.headers[.retryAfter] == "2")
    }

    @Test func nobodyElseIsShownARate() async throws {
        #expect(shown(try await answer("/read", nil).headers).isEmpty)
        #expect(shown(try await answer("/open", Self.rate()).headers).isEmpty, "the route asks for no caller")
        #expect(shown(try await answer("/nothing", nil).headers).isEmpty)
    }

    /// A client that looks for paths is a client like others.
    @Test func requestsThatNoRouteAnswersCountToo() async throws {
        for (path, method, status) in [("/nothing", HTTPRequest.Method.get, 404), ("/read", .delete, 405)] {
            let response = try await answer(path, Self.rate(), method)
            #expect(response.status.code == status)
            #expect(shown(response.headers) == ["20", "7", "3"])
            let refused = try await answer(path, Self.rate(isGranted: false), method)
            #expect(refused.status == .tooManyRequests)
            #expect(refused.headers[.retryAfter] == "2")
        }
    }

    @Test func whoShowsNoGoodCredentialIsToldOfThePathAlone() async throws {
        let routing = try DoorRouting(
            [TestDoor()],
            admission: Admission(metrics: MetricsRegistry()) { _, _ in throw HearthError(.unauthorized, "No.") },
            budget: BodyBudget())
        let context = BasicRequestContext(
            source: ApplicationRequestContextSource(channel: EmbeddedChannel(), logger: DoorServer.quiet))
        let request = Request(head: head("/nothing"), body: RequestBody(buffer: ByteBuffer()))
        let response = try await routing.router().buildResponder().respond(to: request, context: context)
        #expect(response.status == .notFound)
        #expect(shown(response.headers).isEmpty)
    }

    @Test func webSocketsShowItToo() async throws {
        guard
            case .accept(let headers, _, _, _) = try await routing(Self.rate()).decide(
                head("/socket"), logger: DoorServer.quiet)
        else { throw TestFailure() }
        #expect(shown(headers) == ["20", "7", "3"])
        guard
            case .refuse(let error, _, let refused) = try await routing(Self.rate(isGranted: false)).decide(
                head("/socket"), logger: DoorServer.quiet)
        else { throw TestFailure() }
        #expect(error.code == .rateLimited)
        #expect(shown(refused) == ["20", "0", "3"])
    }

    private struct TestFailure: Error {}

    @Test func theDescriptionHasThem() throws {
        let document = OpenAPIDocument(TestDoor().routes).json
        #expect(document.at("components.headers")?.objectValue?.keys == Self.names)
        for status in ["200", "default"] {
            let headers = document["paths"]?["/read"]?.at("get.responses")?[status]?["headers"]
            #expect(headers?.objectValue?.keys == Self.names)
        }
        #expect(document["paths"]?["/open"]?.at("get.responses.default.headers") == nil)
    }
}
