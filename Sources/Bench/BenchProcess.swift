import Foundation

/// What a process of this machine has used, from /proc.
struct BenchProcess {
    let pid: Int

    /// Seconds of processor time since its start, all threads.
    var processorSeconds: Double {
        // The name of the program, in brackets, may hold spaces; after it stand state, parent and so on (proc(5)).
        let text = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
        let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Resident bytes; `anonymous`: those that no file backs.
    var memory: (resident: Int, anonymous: Int) {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        func bytes(_ name: String) -> Int {
            let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
            return (line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) << 10
        }
        return (bytes("VmRSS:"), bytes("RssAnon:"))
    }
}
