import Foundation

/// What this processor does with 8-bit products, which decides how quantised graphs may be computed.
enum IntegerArithmetic {
    /// Whether sums of 8-bit products are exact.
    ///
    /// Without the VNNI instructions x86 adds pairs of 8-bit products in 16 bits, with saturation (`vpmaddubsw`, see
    /// Intel's instruction reference). Graphs quantised to 8 bits then give other vectors than their authors had:
    /// cosines down to 0.75 were seen. On such processors these graphs are computed with float32.
    static let isExact: Bool = {
        #if arch(x86_64)
            isExact(cpuInfo: (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? "")
        #else
            true
        #endif
    }()

    /// - Parameter cpuInfo: the text of `/proc/cpuinfo` (proc(5)).
    static func isExact(cpuInfo: String) -> Bool {
        guard let line = cpuInfo.split(separator: "\n").first(where: { $0.hasPrefix("flags") }) else { return false }
        let flags = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
        return flags.contains("avx512_vnni") || flags.contains("avx_vnni")
    }
}
