import Foundation

/// The figures of a demonstration, as it prints them.
struct DemoSummary {
    let startTime: Duration
    /// Resident bytes of the front.
    let memory: Int
    let whileLoading: [Duration]
    let idle: [Duration]
    /// From the first registration until everything was remembered.
    let learning: Duration
    let recalls: [DemoRun.Recall]
    /// Whether each character was unknown where it had not been registered.
    let strangers: [Bool]
    let products: DemoProducts.Figures
    let studio: DemoStudio.Figures

    var rows: [(name: String, value: String)] {
        var rows = [
            (name: "process start until /health answers", value: Self.milliseconds(startTime)),
            (name: "memory of the front", value: "\(memory >> 20) MB"),
            (name: "register while the model loads, median", value: Self.milliseconds(Self.median(whileLoading))),
        ]
        // Where no character has a second picture, nothing is registered again.
        if !idle.isEmpty {
            rows.append(("register when the model is warm, median", Self.milliseconds(Self.median(idle))))
        }
        return rows + [
            ("first registration until all are remembered", Self.milliseconds(learning)),
            ("recall from a picture, median", Self.milliseconds(Self.median(recalls.map(\.time)))),
            ("pictures whose character is the most similar", Self.share(recalls.map(\.isFound))),
            ("… and the server is sure of it", sure),
            ("strangers who are answered \"unknown\"", unknown),
            ("quick scan of a photo, median", Self.milliseconds(Self.median(products.scans))),
            ("the same photo again, median", Self.milliseconds(Self.median(products.again))),
            ("products found", "\(products.found) of \(products.scans.count)"),
            ("a storyboard of 1280 × 720", studio.picture.map(Self.milliseconds) ?? "not made"),
            ("an animatic of 6 s, 1280 × 720", studio.video.map(Self.milliseconds) ?? "not made"),
        ]
    }

    /// Whether the model says from which score on two pictures show the same.
    private var hasThreshold: Bool { recalls.contains { $0.isKnown != nil } }

    private var sure: String {
        guard hasThreshold else { return "not said: the model names no threshold" }
        return Self.share(recalls.map { $0.isFound && $0.isKnown == true })
    }

    private var unknown: String {
        guard strangers.isEmpty else { return Self.share(strangers) }
        return hasThreshold
            ? "not tried: there is one project only" : "not said: the model names no threshold"
    }

    private static func share(_ verdicts: [Bool]) -> String { "\(verdicts.count { $0 }) of \(verdicts.count)" }

    static func milliseconds(_ time: Duration) -> String {
        String(format: "%.1f ms", Double(time.components.seconds) * 1e3 + Double(time.components.attoseconds) / 1e15)
    }

    static func median(_ times: [Duration]) -> Duration {
        times.isEmpty ? .zero : times.sorted()[times.count / 2]
    }
}
