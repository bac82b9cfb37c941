import HearthCore

/// Whether Swift's runtime writes a report when a worker crashes (`SWIFT_BACKTRACE`, docs/Backtracing.rst of the Swift
/// project).
///
/// It does not, because a report keeps the process for many seconds, in its shortest form too (19 s were measured), and
/// meanwhile calls wait for a process that will never answer them. The signal is in the log and in health.
enum CrashReports {
    static let variable = "SWIFT_BACKTRACE"

    /// The variables of a worker without reports, unless the operator has chosen some, to find the cause of a crash.
    static func added(to variables: [String: String]) -> [String: String] {
        variables.merging([variable: "enable=no"]) { chosen, _ in chosen }
    }
}
