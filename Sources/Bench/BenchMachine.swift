import Foundation
import HearthCore

/// What figures were measured on.
enum BenchMachine {
    /// One line: Hearth's version, processor, memory, system.
    static var text: String {
        let cpu = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n")
            .first { $0.hasPrefix("model name") }?.split(separator: ":").last?.trimmingCharacters(in: .whitespaces)
        let information = ProcessInfo.processInfo
        return
            "Hearth \(Hearth.version) on \(cpu ?? "an unknown processor"), \(information.activeProcessorCount) cores, "
            + "\(information.physicalMemory >> 30) GB, \(information.operatingSystemVersionString)"
    }
}
