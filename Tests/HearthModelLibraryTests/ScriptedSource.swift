import Foundation
import HearthCore
import HearthTesting

@testable import HearthModelLibrary

/// Files in memory behind a server that misbehaves as its dice say.
final class ScriptedSource: FileSource {
    struct State {
        var files: [String: Data] = [:]
        var random = RepeatableRandom(seed: 0)
        /// Trouble in so many of 100 answers.
        var trouble = 0
        var requests: [FileRequest] = []
    }

    let state: Locked<State>

    init(_ files: [String: Data] = [:], seed: UInt64 = 0, trouble: Int = 0) {
        state = Locked(State(files: files, random: RepeatableRandom(seed: seed), trouble: trouble))
    }

    func open(_ request: FileRequest) async throws -> FileAnswer {
        try state.withLock { state in
            state.requests.append(request)
            guard let file = state.files[request.address] else {
                return Self.answer(FileHead(status: 404), Data(), nil)
            }
            return try Self.answer(request, file, &state)
        }
    }

    private static func answer(_ request: FileRequest, _ file: Data, _ state: inout State) throws -> FileAnswer {
        let tag = "\"\(file.count)\""
        let isTroubled = state.random.chance(state.trouble)
        let kind = Int.random(in: 0..<8, using: &state.random)
        if isTroubled, kind == 0 { throw FileSourceFailure.unreachable("nobody is there") }
        if isTroubled, kind == 1 { return answer(FileHead(status: 503), Data("later".utf8), nil) }
        var start = request.validator == nil || request.validator == tag ? request.offset : 0
        if isTroubled, kind == 2 { start = 0 }
        guard start < file.count || file.isEmpty else {
            return answer(FileHead(status: 416, rangeTotal: file.count), Data(), nil)
        }
        let rest = file.dropFirst(start)
        var head = FileHead(status: start > 0 ? 206 : 200, length: rest.count, validator: tag)
        if start > 0 { (head.rangeStart, head.rangeTotal) = (start, file.count) }
        if isTroubled, kind == 3 { head.validator = "\"another\"" }
        if isTroubled, kind == 4, start > 0 { head.rangeStart = start - 1 }
        guard isTroubled, kind > 4 else { return answer(head, rest, nil) }
        let cut = rest.prefix(Int.random(in: 0...rest.count, using: &state.random))
        return answer(head, cut, kind == 5 ? .stalled : .cut)
    }

    private static func answer(_ head: FileHead, _ bytes: Data, _ failure: FileSourceFailure?) -> FileAnswer {
        let body = AsyncThrowingStream<Data, any Error> { continuation in
            var rest = bytes
            while !rest.isEmpty {
                continuation.yield(Data(rest.prefix(1_000)))
                rest = rest.dropFirst(1_000)
            }
            continuation.finish(throwing: failure)
        }
        return FileAnswer(head: head, body: body)
    }
}
