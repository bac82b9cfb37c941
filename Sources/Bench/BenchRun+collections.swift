import Foundation
import HearthCore
import HearthJSON

/// Collections over HTTP: searching, storing, what idle ones cost, and what their growth costs others; beside Chroma.
///
/// Figures that are compared are taken in turn, in several rounds. Of medians and rates the best round counts, of the
/// slowest requests all rounds together.
extension BenchRun {
    private static let tenants = 1_000
    private static let faces = 400
    private static let peerTenants = 50
    private static let k = 5
    private static let rounds = 5

    func collections() async throws {
        let chroma = chroma()
        defer { chroma?.stop() }
        let data = BenchServer.freshFolder()
        try await load(data)
        try await searches(data, chroma)
        try await idleMemory(data)
        try await insertion(chroma)
        try await growth()
    }

    // MARK: Many small collections

    private func load(_ data: String) async throws {
        try await with(BenchServer(data: data, hasWorker: false)) { server in
            let client = try BenchCollections(port: server.port)
            var seconds = 0.0
            for tenant in 0..<Self.tenants {
                var faces = BenchFaces(seed: UInt64(tenant))
                seconds += try client.fill("t\(tenant)", count: Self.faces, batch: Self.faces, from: &faces)
            }
            let rate = BenchFigure.number(Double(Self.tenants * Self.faces) / seconds)
            show(
                BenchFigure(
                    name: "\(Self.tenants) collections of \(Self.faces) × \(BenchFaces.dims) stored, one connection",
                    value: "\(rate) vectors/s"))
        }
    }

    private func searches(_ data: String, _ chroma: BenchDialogue?) async throws {
        if let times = try chroma?.values("load"), times.count == 2 {
            let parts = times.map { "\(BenchFigure.number($0)) s" }.joined(separator: "; ")
            show(
                BenchFigure(
                    name: "Chroma stores \(Self.peerTenants) × \(Self.faces): shared; each its own", value: parts))
        }
        try await with(BenchServer(data: data, hasWorker: false)) { server in
            let client = try BenchCollections(port: server.port)
            var faces = BenchFaces(seed: 1 << 32)
            let first = BenchSamples(try everyTenant(client, &faces))
            let settling = try await settle(server, client, &faces)
            var times = [[[Double]]](repeating: [], count: 4)
            for _ in 0..<Self.rounds {
                times[0].append(try randomTenants(client, &faces))
                guard let chroma else { continue }
                for (place, question) in ["client 200", "vector 200", "shared 50"].enumerated() {
                    times[place + 1].append(try chroma.values(question))
                }
            }
            let best = times.map { $0.map { BenchSamples($0).p50 }.min() ?? .nan }
            let all = times.map { BenchSamples($0.flatMap(\.self)) }
            show(
                .atMost(
                    0.5, best[0], "ms", "search by stored id in one of \(Self.tenants) collections, k \(Self.k), p50"))
            show(BenchFigure(name: "  all rounds", value: "\(all[0].text), \(all[0].count) searches"))
            show(BenchFigure(name: "  the first of each collection, without its file", value: first.text))
            show(BenchFigure(name: "  until all files are written", value: "\(BenchFigure.number(settling)) s"))
            guard chroma != nil else { return }
            show(.atLeast(3, best[1] / best[0], "×", "  Chroma, a collection for each client ÷ ours, p50"))
            show(.atLeast(20, all[1].p99 / all[0].p99, "×", "  the same, p99"))
            show(.atLeast(30, best[3] / best[0], "×", "  Chroma, shared with `where` ÷ ours, p50"))
            show(BenchFigure(name: "  Chroma in its client's process, each its own", value: all[1].text))
            show(BenchFigure(name: "  by a known vector", value: all[2].text))
            show(BenchFigure(name: "  shared", value: all[3].text))
        }
    }

    /// Searches everywhere until each collection has its file.
    /// - Returns: seconds.
    private func settle(
        _ server: BenchServer, _ client: BenchCollections, _ faces: inout BenchFaces
    ) async throws -> Double {
        let start = ContinuousClock.now
        while ContinuousClock.now - start < .seconds(120) {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: server.folder.vectors)) ?? []
            if names.count(where: { $0.hasSuffix(".scan") }) >= Self.tenants { break }
            _ = try everyTenant(client, &faces)
            try await Task.sleep(for: Limits.collectionUpkeep)
        }
        return (ContinuousClock.now - start).fractionalMilliseconds / 1_000
    }

    /// One search in each collection.
    private func everyTenant(_ client: BenchCollections, _ faces: inout BenchFaces) throws -> [Double] {
        try (0..<Self.tenants).flatMap { tenant in
            try client.searches(1, in: "t\(tenant)", records: Self.faces, k: Self.k, &faces)
        }
    }

    private func randomTenants(_ client: BenchCollections, _ faces: inout BenchFaces) throws -> [Double] {
        let end = ContinuousClock.now + .seconds(seconds / Double(Self.rounds))
        var times: [Double] = []
        while ContinuousClock.now < end || times.count < 100 {
            let name = "t\(faces.below(Self.tenants))"
            times += try client.searches(1, in: name, records: Self.faces, k: Self.k, &faces)
        }
        return times
    }

    /// Chroma, over the vectors of some clients; nil when it is missing, which is shown.
    private func chroma() -> BenchDialogue? {
        do {
            let file = "\(BenchServer.freshFolder()).f32"
            var data = Data()
            for tenant in 0..<Self.peerTenants {
                var faces = BenchFaces(seed: UInt64(tenant))
                for vector in faces.vectors(Self.faces) { vector.withUnsafeBytes { data.append(contentsOf: $0) } }
            }
            try data.write(to: URL(fileURLWithPath: file))
            return try BenchDialogue(
                script: "vector_peer.sh",
                arguments: (peers == nil ? [] : ["--install"]) + [file, "\(BenchFaces.dims)", "\(Self.peerTenants)"],
                hint: "Benchmarks/vector_peer.sh --install")
        } catch {
            let reason = (error as? HearthError)?.message ?? "\(error)"
            show(BenchFigure(name: "Chroma", value: "not compared: \(reason)"))
            return nil
        }
    }

    // MARK: Memory

    /// The first half fills what all collections share: the caches of the database and the allocator. What the second
    /// half adds is what its collections leave behind.
    private func idleMemory(_ data: String) async throws {
        try await with(BenchServer(data: data, hasWorker: false)) { server in
            var faces = BenchFaces(seed: 2 << 32)
            let cold = server.front.memory.anonymous
            var (busy, idle) = ([Int](), [Int]())
            for (half, count) in [(0..<Self.tenants / 2, 10), (Self.tenants / 2..<Self.tenants, 3)] {
                // A connection of its own: the server closes those that are idle for so long.
                let client = try BenchCollections(port: server.port)
                for tenant in half {
                    _ = try client.searches(count, in: "t\(tenant)", records: Self.faces, k: Self.k, &faces)
                }
                busy.append(server.front.memory.anonymous)
                idle.append(try await idleMemory(of: server))
            }
            let each = Double(idle[1] - idle[0]) / Double(Self.tenants / 2)
            show(.atMost(1_000, each, "B", "own memory that the front keeps for each idle collection"))
            let numbers = [cold, busy[0], idle[0], busy[1], idle[1]].map { BenchFigure.number(Double($0) / 1e6) }
            show(
                BenchFigure(
                    name: "  start; \(Self.tenants / 2) searched; idle; \(Self.tenants / 2) others searched; idle",
                    value: "\(numbers.joined(separator: "; ")) MB"))
        }
    }

    /// Waits until no collection is in memory.
    /// - Returns: the front's own memory then, in bytes.
    private func idleMemory(of server: BenchServer) async throws -> Int {
        try await Task.sleep(for: Limits.collectionIdle + Limits.collectionUpkeep * 3)
        let answer = try BenchConnection(.port(server.port)).get("/api/system/stats")
        if let count = (try? JSONParser.read(answer.body))?["collections"]?["resident"]?.integerValue, count != 0 {
            throw HearthError(.internalError, "\(count) collections are still in memory.")
        }
        return server.front.memory.anonymous
    }

    // MARK: Storing

    private func insertion(_ chroma: BenchDialogue?) async throws {
        let (count, batch) = (20_000, 500)
        var faces = BenchFaces(seed: 3 << 32)
        var best = 0.0
        var theirs = 0.0
        try await with(BenchServer(hasWorker: false)) { server in
            for round in 0..<3 {
                let client = try BenchCollections(port: server.port)
                best = max(best, Double(count) / (try client.fill("r\(round)", count: count, from: &faces)))
                // Larger batches suit it better or worse, depending on the version.
                if let rate = try chroma?.values("insert \(round == 1 ? 5_000 : batch)").first {
                    theirs = max(theirs, rate)
                }
            }
        }
        let name = "\(count) × \(BenchFaces.dims) stored durably, batches of \(batch), one connection"
        show(BenchFigure(name: name, value: "\(BenchFigure.number(best)) vectors/s"))
        guard chroma != nil else { return }
        show(.atLeast(10, best / theirs, "×", "  ÷ Chroma's rate"))
        show(BenchFigure(name: "  Chroma", value: "\(BenchFigure.number(theirs)) vectors/s"))
    }

    // MARK: Growth

    private func growth() async throws {
        try await with(BenchServer(hasWorker: false)) { alone in
            try await with(BenchServer(hasWorker: false)) { crowded in
                var faces = BenchFaces(seed: 4 << 32)
                for (server, name, count) in [
                    (alone, "mine", Self.faces), (crowded, "mine", Self.faces), (crowded, "small", 10_000),
                    (crowded, "large", 100_000),
                ] {
                    let client = try BenchCollections(port: server.port)
                    try client.fill(name, count: count, from: &faces)
                    // From now on it is in memory, and its file will be written.
                    _ = try client.searches(1, in: name, records: count, k: 10, &faces)
                }
                try await Task.sleep(for: Limits.scanFileRest * 2)
                let (quiet, busy) = (try BenchCollections(port: alone.port), try BenchCollections(port: crowded.port))
                var best = [Double](repeating: .infinity, count: 6)
                for _ in 0..<3 * Self.rounds {
                    let times = [
                        try quiet.searches(200, in: "mine", records: Self.faces, k: Self.k, &faces),
                        try busy.searches(200, in: "mine", records: Self.faces, k: Self.k, &faces),
                        try busy.searches(10, in: "small", records: 10_000, k: 10, &faces),
                        try busy.searches(10, in: "large", records: 100_000, k: 10, &faces),
                        [try busy.send(BenchCollections.search("large", for: faces.vector(), k: 10))],
                        [await atOnce(faces.vectors(16), in: "large", at: crowded.port)],
                    ]
                    for (place, times) in times.enumerated() { best[place] = min(best[place], BenchSamples(times).p50) }
                }
                show(growth: best)
            }
        }
    }

    private func show(growth best: [Double]) {
        func text(_ places: [Int]) -> String {
            places.map { "\(BenchFigure.number(best[$0])) ms" }.joined(separator: "; ")
        }
        show(.atMost(10.5, best[3] / best[2], "×", "search over HTTP, 100,000 ÷ 10,000 vectors, p50"))
        show(BenchFigure(name: "  of which", value: text([3, 2])))
        show(
            .atMost(1.05, best[1] / best[0], "×", "search among my \(Self.faces), 110,000 of others ÷ alone, p50")
        )
        show(BenchFigure(name: "  of which", value: text([1, 0])))
        show(.atMost(4, best[5] / best[4], "×", "16 vectors looked for at once among 100,000 ÷ one, until the last"))
        show(BenchFigure(name: "  of which", value: text([5, 4])))
    }

    /// Searches that are sent at the same time, each over a connection of its own.
    /// - Returns: milliseconds until the last was answered.
    private func atOnce(_ vectors: [[Float]], in name: String, at port: Int) async -> Double {
        let spans = Locked<[(begin: ContinuousClock.Instant, end: ContinuousClock.Instant)]>([])
        let requests = vectors.map { BenchCollections.search(name, for: $0, k: 10) }
        let line = BenchStartLine(count: requests.count)
        await BenchLoad.threads(requests.count) { index in
            let client = try? BenchCollections(port: port)
            // All connections are open by then.
            line.wait()
            let begin = ContinuousClock.now
            guard (try? client?.send(requests[index])) != nil else { return }
            spans.withLock { [end = ContinuousClock.now] in $0.append((begin, end)) }
        }
        let answered = spans.withLock { $0 }
        guard answered.count == requests.count, let first = answered.map(\.begin).min(),
            let last = answered.map(\.end).max()
        else { return .infinity }
        return (last - first).fractionalMilliseconds
    }
}
