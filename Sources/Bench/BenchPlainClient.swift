import HearthCore
import HearthInference
import HearthWorkerLink
import NIOCore
import NIOHTTP1
import NIOPosix

/// One kept connection by NIO's async channels, without anything of ours but the bytes of the messages.
struct BenchPlainClient {
    private typealias Channel = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    private let channel: Channel

    init(socket: String) async throws {
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(unixDomainSocketPath: socket) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    return try Channel(wrappingChannelSynchronously: channel)
                }
            }
    }

    /// Runs `body` while the connection is open.
    func connected<Result>(_ body: (Connection) async throws -> Result) async throws -> Result {
        try await channel.executeThenClose { inbound, outbound in
            try await body(Connection(answers: inbound.makeAsyncIterator(), requests: outbound))
        }
    }

    /// An open connection; one call after the other.
    struct Connection {
        fileprivate var answers: NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator
        fileprivate let requests: NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>

        mutating func answer(_ request: InferenceRequest) async throws -> InferenceAnswer {
            let pieces = InferenceWire.encode([InferenceWire.message(request, now: .now)])
            let length = pieces.reduce(0) { $0 + $1.readableBytes }
            let head = HTTPRequestHead(
                version: .http1_1, method: .POST, uri: InferenceWire.answerPath,
                headers: ["host": "worker", "content-length": "\(length)"])
            try await requests.write(
                contentsOf: [.head(head)] + pieces.map { .body(.byteBuffer($0)) } + [.end(nil)])
            var body = ByteBuffer()
            while let part = try await answers.next(isolation: #isolation) {
                switch part {
                case .head(let head) where head.status != .ok:
                    throw HearthError(.internalError, "The worker answered with \(head.status.code).")
                case .head: break
                case .body(let piece): body.writeImmutableBuffer(piece)
                case .end:
                    guard let message = try InferenceWire.decode(body).first else { break }
                    return try InferenceWire.answer(message).get()
                }
            }
            throw HearthError(.internalError, "The worker has closed the connection.")
        }
    }
}
