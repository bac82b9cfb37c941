import HearthCore
import HearthVectors

/// A collection in memory, and those who wait for it.
///
/// One caller at a time leads: it brings the index up to the newest version that anyone in its pass has seen, does the
/// pass for itself and for all who came meanwhile, and hands the lead to the first who has come since. So concurrent
/// searches share passes, changes are applied between passes, and no task runs without a caller that waits for it.
///
/// Those whose calls have the fewest queries left come first, so that of many large calls some are answered, and not
/// all too late. Who would not be answered in time is told so early.
final class ResidentCollection: Sendable {
    /// What a caller wants of the collection.
    enum Request: Sendable {
        case search(IndexRequest, version: Int64, of: Call)
        case count(VectorFilter, version: Int64)
        case vector(item: String, version: Int64)
        /// A step of the upkeep, alone. The index is brought up first when a version is given, else it may be nil.
        case upkeep(version: Int64?, @Sendable (IndexBox) throws -> Void)

        var version: Int64? {
            switch self {
            case .search(_, let version, _), .count(_, let version), .vector(_, let version): version
            case .upkeep(let version, _): version
            }
        }

        /// How much of a pass it takes.
        var queries: Int {
            switch self {
            case .search(let request, _, _): request.queries.count
            case .count, .vector: 1
            case .upkeep: Limits.passQueries
            }
        }

        /// Queries of its call that are not answered yet; a step of the upkeep is short, and comes before them.
        var queriesLeft: Int {
            switch self {
            case .search(_, _, let call): call.queriesLeft
            case .count, .vector: 1
            case .upkeep: 0
            }
        }

        /// When its caller stops waiting; nil: it does not.
        var deadline: ContinuousClock.Instant? { if case .search(_, _, let call) = self { call.deadline } else { nil } }

        /// Whether a caller who is cancelled may leave before the answer. A step of the upkeep belongs to others that
        /// must follow it, so it is never left out.
        var mayBeLeft: Bool { if case .upkeep = self { false } else { true } }
    }

    /// What a search is a part of.
    struct Call: Sendable {
        /// The queries of this part among them.
        let queriesLeft: Int
        let deadline: ContinuousClock.Instant?
    }

    enum Reply: Sendable {
        case found(IndexAnswer)
        case count(Int)
        case vector([Float]?)
        case done
        /// The collection has left memory: ask a fresh one.
        case closed
    }

    private enum Turn {
        case leads
        case has(Result<Reply, any Error>)
    }

    private struct Waiter {
        let id: Int
        let request: Request
        let continuation: CheckedContinuation<Turn, any Error>
    }

    private struct State {
        var isLed = false
        var isClosed = false
        /// Those with the fewest queries left first, and among them those who came first.
        var waiting: [Waiter] = []
        var pace = SearchPace()
        var lastID = 0
        /// Bytes of the index after the last pass.
        var bytes = 0
    }

    /// The index, which only the leader may use.
    // Unchecked: the lead goes from one caller to the next under the lock of `state`.
    final class IndexBox: @unchecked Sendable {
        var index: ResidentIndex?
    }

    let id: String
    private let box = IndexBox()
    private let loader: CollectionLoader
    private let threads: BlockingThreads
    private let state = Locked(State())

    init(id: String, loader: CollectionLoader, threads: BlockingThreads, pace: SearchPace = SearchPace()) {
        self.id = id
        self.loader = loader
        self.threads = threads
        state.withLock { $0.pace = pace }
    }

    /// Waits for a pass that answers the request.
    /// - Throws: ``HearthError`` `overloaded`, `not_found`, and what the store says; `CancellationError` when the
    ///   caller is cancelled while it waits for its turn, unless the request is one of the upkeep.
    func ask(_ request: Request) async throws -> Reply {
        enum Admission { case leads, waits, full, closed }
        let admission: Admission = state.withLock { state in
            guard !state.isClosed else { return .closed }
            guard state.isLed else {
                state.isLed = true
                return .leads
            }
            return state.waiting.count < Limits.waitingSearches ? .waits : .full
        }
        switch admission {
        case .closed: return .closed
        case .full: throw HearthError(.overloaded, "Too many searches wait for this collection.", retryAfter: 1)
        case .leads: return try await lead(request)
        case .waits:
            switch try await turn(of: request) {
            case .has(let reply): return try reply.get()
            case .leads:
                guard Task.isCancelled, request.mayBeLeft else { return try await lead(request) }
                handOn()
                throw CancellationError()
            }
        }
    }

    /// Waits until another caller has answered the request, or gives this one the lead.
    private func turn(of request: Request) async throws -> Turn {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                wait(Waiter(id: id, request: request, continuation: continuation))
                // The handler below may have run before the caller was among those who wait.
                if Task.isCancelled { leave(id) }
            }
        } onCancel: {
            leave(id)
        }
    }

    /// A caller was cancelled. One whose request is in a pass already gets the reply.
    private func leave(_ id: Int) {
        let waiter = state.withLock { state -> Waiter? in
            guard let place = state.waiting.firstIndex(where: { $0.id == id && $0.request.mayBeLeft }) else {
                return nil
            }
            return state.waiting.remove(at: place)
        }
        waiter?.continuation.resume(throwing: CancellationError())
    }

    /// Joins those who wait; leads when the last leader has gone in the meantime.
    private func wait(_ waiter: Waiter) {
        let turn: Turn? = state.withLock { state in
            if state.isClosed { return .has(.success(.closed)) }
            if state.isLed {
                let left = waiter.request.queriesLeft
                let place = state.waiting.firstIndex { $0.request.queriesLeft > left }
                state.waiting.insert(waiter, at: place ?? state.waiting.endIndex)
                return nil
            }
            state.isLed = true
            return .leads
        }
        if let turn { waiter.continuation.resume(returning: turn) }
    }

    /// Callers who wait for their turn.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Bytes that it held after the last pass.
    var bytes: Int { state.withLock { $0.bytes } }

    /// Leaves memory unless it is in use.
    /// - Returns: whether it has left.
    func close() -> Bool {
        state.withLock { state in
            guard !state.isLed, state.waiting.isEmpty else { return false }
            state.isClosed = true
            box.index = nil
            return true
        }
    }

    private func lead(_ request: Request) async throws -> Reply {
        let followers = takeFollowers(of: request)
        let replies = await run([request] + followers.map(\.request))
        for (follower, reply) in zip(followers, replies.dropFirst()) {
            follower.continuation.resume(returning: .has(reply))
        }
        let bytes = box.index?.bytes ?? 0
        state.withLock { $0.bytes = bytes }
        handOn()
        return try replies[0].get()
    }

    /// Gives the lead to the first who waits, if any; who would not be answered in time waits no longer.
    private func handOn() {
        let now = ContinuousClock.now
        let (next, late): (Waiter?, [(Waiter, Duration)]) = state.withLock { state in
            let late = Self.removeLate(&state, now)
            guard !state.waiting.isEmpty else {
                state.isLed = false
                return (nil, late)
            }
            return (state.waiting.removeFirst(), late)
        }
        next?.continuation.resume(returning: .leads)
        for (waiter, wait) in late {
            waiter.continuation.resume(
                throwing: HearthError(
                    .overloaded, "The searches before this one take longer than it can wait.",
                    hint: "Ask for fewer queries or matches at once, or narrow it by a filter.",
                    retryAfter: max(1, Int(wait.components.seconds))))
        }
    }

    /// Takes out those whose turn comes after their deadlines, with the time until it would come.
    private static func removeLate(
        _ state: inout State, _ now: ContinuousClock.Instant
    ) -> [(Waiter, Duration)] {
        var (late, kept): ([(Waiter, Duration)], [Waiter]) = ([], [])
        var ahead = 0
        for waiter in state.waiting {
            let left = waiter.request.deadline.map { $0 - now }
            if let left, let wait = state.pace.time(of: ahead), left > .zero, wait > left {
                late.append((waiter, wait))
            } else {
                // Whose time is up already takes none of the next pass.
                if left.map({ $0 > .zero }) ?? true { ahead += waiter.request.queriesLeft }
                kept.append(waiter)
            }
        }
        if !late.isEmpty { state.waiting = kept }
        return late
    }

    /// Those who came first and fit into one pass with a request.
    private func takeFollowers(of request: Request) -> [Waiter] {
        state.withLock { state in
            var capacity = state.pace.capacity(limit: Limits.passQueries) - request.queries
            var count = 0
            for waiter in state.waiting {
                capacity -= waiter.request.queries
                guard capacity >= 0 else { break }
                count += 1
            }
            let followers = Array(state.waiting.prefix(count))
            state.waiting.removeFirst(count)
            return followers
        }
    }

    /// One pass. A scan file that turns out to be damaged is rebuilt, and the pass is run once more.
    private func run(_ requests: [Request]) async -> [Result<Reply, any Error>] {
        for attempt in 1...3 {
            do {
                if let version = requests.compactMap(\.version).max() {
                    try await loader.bringUp(box, to: version, on: threads)
                }
                return try await pass(requests).map { .success($0) }
            } catch let error as ScanFileError where attempt < 3 {
                loader.discard(box, because: error)
            } catch {
                return requests.map { _ in .failure(CollectionLoader.translate(error)) }
            }
        }
        return requests.map { _ in .failure(HearthError(.internalError, "A collection could not be read.")) }
    }

    private func pass(_ requests: [Request]) async throws -> [Reply] {
        let start = ContinuousClock.now
        defer {
            let time = ContinuousClock.now - start
            let queries = requests.reduce(0) { if case .upkeep = $1 { $0 } else { $0 + $1.queries } }
            if queries > 0 { state.withLock { $0.pace.note(time, queries: queries) } }
        }
        if let index = box.index, index.scanBytes * requests.reduce(0, { $0 + $1.queries }) > Limits.scanInPlaceBytes {
            let box = box
            return try await threads.run { try Self.answer(requests, box) }
        }
        return try Self.answer(requests, box)
    }

    private static func answer(_ requests: [Request], _ box: IndexBox) throws -> [Reply] {
        var replies = [Reply](repeating: .done, count: requests.count)
        var searches: [(place: Int, request: IndexRequest)] = []
        for (place, request) in requests.enumerated() {
            switch request {
            case .search(let search, _, _): searches.append((place, search))
            case .count(let filter, _): replies[place] = .count(try box.index?.count(filter) ?? 0)
            case .vector(let item, _): replies[place] = .vector(try box.index?.vector(of: item))
            case .upkeep(_, let body): try body(box)
            }
        }
        guard let index = box.index, !searches.isEmpty else { return replies }
        for (search, answer) in zip(searches, try index.search(searches.map(\.request), cores: ScanSplit().cores)) {
            replies[search.place] = .found(answer)
        }
        return replies
    }
}

extension ResidentCollection {
    /// What an upkeep may want to know of a collection.
    struct Standing: Sendable {
        var version: Int64 = -1
        var count = 0
        var deadRows = 0
        var tailBytes = 0
        var segments = 0
        var fileBytes = 0
        var hasUnwritten = false
        /// Whether the file was written by a program that did not know the errors of its codes.
        var lacksBounds = false

        /// Whether the file is so full of what does not count, or of segments, that it should be rewritten; or whether
        /// searches read all its floats because it lacks bounds.
        var wantsWholeFile: Bool {
            segments >= Limits.scanSegments || (segments > 0 && deadRows > max(count / 4, 1_024)) || lacksBounds
        }
    }

    /// How it stands, as far as it is in memory.
    /// - Parameter version: brings it up first when given.
    /// - Returns: nil when it has left memory.
    func standing(version: Int64?) async throws -> Standing? {
        let found = Locked(Standing())
        let reply = try await ask(
            .upkeep(version: version) { box in
                guard let index = box.index else { return }
                found.withLock {
                    $0 = Standing(
                        version: index.version, count: index.count, deadRows: index.deadRows,
                        tailBytes: index.tailBytes, segments: index.segments, fileBytes: index.fileBytes,
                        hasUnwritten: index.hasUnwritten, lacksBounds: index.lacksBounds)
                }
            })
        if case .closed = reply { return nil }
        return found.withLock { $0 }
    }

    /// Writes what the file lacks, or the whole file; searches continue meanwhile. One call at a time.
    /// - Returns: the version that the file has then; nil when there was nothing to write from.
    /// - Throws: ``ScanFileError``; the file is then as it was.
    func writeFile(isWhole: Bool, in folder: ScanFolder, on threads: BlockingThreads) async throws -> Int64? {
        let planned = Locked<(plan: SegmentPlan, version: Int64)?>(nil)
        let begun = try await ask(
            .upkeep(version: nil) { box in
                guard let index = box.index, index.version >= 0 else { return }
                let plan = try SegmentPlan(index, isWhole: isWhole)
                planned.withLock { $0 = (plan, index.version) }
            })
        guard case .done = begun, let (plan, version) = planned.withLock({ $0 }) else { return nil }
        let id = id
        let written: Result<SegmentPlan.Written, any Error>
        do {
            written = .success(
                try await threads.run { try plan.write(to: folder.file(of: id), aside: folder.aside(of: id)) })
        } catch {
            written = .failure(error)
        }
        let isDamaged = if case .failure(ScanFileError.damaged) = written { true } else { false }
        let loader = loader
        _ = try await ask(
            .upkeep(version: nil) { box in
                guard let index = box.index else { return }
                plan.finish(written, in: index)
                if isDamaged { loader.discard(box, because: .damaged("found while the whole file was written")) }
            })
        _ = try written.get()
        return version
    }
}
