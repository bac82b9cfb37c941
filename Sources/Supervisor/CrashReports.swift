import HearthCore

/// How Swift's runtime reports the crash of a worker (`SWIFT_BACKTRACE`, docs/Backtracing.rst of the Swift project).
///
/// By itself it looks up the names of all frames of all threads before the process ends. For a worker with its models
/// that takes many seconds, in which its calls wait for a process that will never answer them. The addresses of the
/// thread that has crashed, and the libraries that they lie in, are written at once; names can be looked up later.
enum CrashReports {
    static let variable = "SWIFT_BACKTRACE"
    static let settings =
        "enable=yes,symbolicate=off,threads=crashed,images=mentioned,registers=none,limit=32,unwind=fast,cache=off,"
        + "interactive=no,color=no"

    /// The variables of a worker with these reports, unless the operator has chosen others.
    static func added(to variables: [String: String]) -> [String: String] {
        variables.merging([variable: settings]) { chosen, _ in chosen }
    }
}

/// The last time that a worker of a role ended by its own doing.
package struct WorkerCrash: Sendable, Equatable {
    /// The signal or the exit status.
    package let reason: String
    /// Milliseconds since 1970.
    package let time: Int64
}
