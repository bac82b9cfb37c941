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
        let found = recalls.filter(\.isFound).count
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
            ("found again", "\(found) of \(recalls.count)"),
            ("… and above the model's threshold", Self.share(recalls.compactMap(\.isKnown))),
            ("strangers below it, which are unknown", Self.share(strangers)),
            ("quick scan of a photo, median", Self.milliseconds(Self.median(products.scans))),
            ("the same photo again, median", Self.milliseconds(Self.median(products.again))),
            ("products found", "\(products.found) of \(products.scans.count)"),
            ("a storyboard of 1280 × 720", studio.picture.map(Self.milliseconds) ?? "not made"),
            ("an animatic of 6 s, 1280 × 720", studio.video.map(Self.milliseconds) ?? "not made"),
        ]
    }

    private static func share(_ verdicts: [Bool]) -> String {
        verdicts.isEmpty ? "the model names no threshold" : "\(verdicts.count { $0 }) of \(verdicts.count)"
    }

    static func milliseconds(_ time: Duration) -> String {
        String(format: "%.1f ms", Double(time.components.seconds) * 1e3 + Double(time.components.attoseconds) / 1e15)
    }

    static func median(_ times: [Duration]) -> Duration {
        times.isEmpty ? .zero : times.sorted()[times.count / 2]
    }
}
