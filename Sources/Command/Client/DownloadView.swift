import Foundation
import HearthCore
import HearthModelLibrary

/// Downloads as a bar that moves, with rate and time left; as plain lines when piped; as nothing when JSON is wanted.
final class DownloadView {
    private let isQuiet: Bool
    private var file = ""
    private var start = ContinuousClock.now
    private var startBytes = 0
    private var lastLook: ContinuousClock.Instant?
    private var lastTenth = 0

    init(isQuiet: Bool) { self.isQuiet = isQuiet }

    func show(_ progress: FileTransfer.Progress) {
        guard !isQuiet else { return }
        if progress.name != file {
            file = progress.name
            start = .now
            startBytes = progress.received
            (lastLook, lastTenth) = (nil, 0)
        }
        switch progress.stage {
        case .receiving: receiving(progress)
        case .pausing(let duration):
            let wait = Double(duration.milliseconds) / 1_000
            say(progress, "interrupted; next attempt in \(String(format: "%.1f", wait)) s", isLast: false)
            (start, startBytes) = (.now, progress.received)
        case .verifying: say(progress, "verifying", isLast: false)
        case .done:
            say(progress, "\(Self.size(progress.received)), verified", isLast: true)
            file = ""
        }
    }

    private func receiving(_ progress: FileTransfer.Progress) {
        let seconds = (ContinuousClock.now - start).fractionalMilliseconds / 1_000
        guard Terminal.isInteractive else {
            let tenth = progress.total.map { $0 > 0 ? progress.received * 10 / $0 : 0 } ?? 0
            guard tenth > lastTenth, tenth < 10 else { return }
            lastTenth = tenth
            return Terminal.line("\(progress.name): \(tenth * 10) % of \(Self.size(progress.total ?? 0))")
        }
        if let lastLook, ContinuousClock.now - lastLook < .milliseconds(100) { return }
        lastLook = .now
        let rate = seconds > 0.2 ? Double(progress.received - startBytes) / seconds : 0
        var text = progress.name.padded(to: 28)
        if let total = progress.total, total > 0 {
            let fraction = Double(progress.received) / Double(total)
            text += "\(Terminal.bar(fraction)) \(String(Int(fraction * 100)).leftPadded(to: 3)) %  "
            text += "\(Self.size(progress.received)) of \(Self.size(total))"
            if rate > 0 {
                let left = Int(Double(total - progress.received) / rate)
                text += "  \(Self.size(Int(rate)))/s  \(left / 60):\(String(format: "%02d", left % 60)) left"
            }
        } else {
            text += Self.size(progress.received) + (rate > 0 ? "  \(Self.size(Int(rate)))/s" : "")
        }
        Terminal.overwrite(text)
    }

    private func say(_ progress: FileTransfer.Progress, _ words: String, isLast: Bool) {
        guard Terminal.isInteractive else { return Terminal.line("\(progress.name): \(words)") }
        Terminal.overwrite("\(progress.name.padded(to: 28))\(words)")
        if isLast { Terminal.line() }
    }

    /// Bytes for people: `45.1 MB`.
    static func size(_ bytes: Int) -> String {
        switch bytes {
        case ..<1_000: "\(bytes) B"
        case ..<1_000_000: String(format: "%.1f kB", Double(bytes) / 1e3)
        case ..<1_000_000_000: String(format: "%.1f MB", Double(bytes) / 1e6)
        default: String(format: "%.2f GB", Double(bytes) / 1e9)
        }
    }
}
