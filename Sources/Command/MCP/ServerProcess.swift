import CLinux
import Foundation
import HearthCore

/// A server that outlives the program which has started it: in a session of its own, with no terminal, and its words in
/// a file.
struct ServerProcess: Sendable {
    let pid: pid_t

    /// Starts `hearth serve`.
    /// - Parameters:
    ///   - arguments: behind `serve`.
    ///   - log: file that gets its standard error and output; it is made for this user alone, and is empty at first.
    ///   - firstLine: what it begins with; nil: nothing.
    /// - Throws: ``HearthError`` `storage_unavailable` when the program or the file cannot be opened.
    init(program: String, arguments: [String], log: String, firstLine: String? = nil) throws(HearthError) {
        Self.begin(log, with: firstLine)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(
            &actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        // Nor what the parent of this program has left open: it may wait until the last process has closed it.
        posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Its own session, so that the signals for our group do not reach it; and no signal blocked or ignored, as a
        // child would inherit it from this thread.
        let session: Int32 = 0x80
        posix_spawnattr_setflags(
            &attributes, Int16(session | Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)))
        var (none, defaults) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigemptyset(&defaults)
        sigaddset(&defaults, SIGPIPE)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        // It has no keys: one that this process has for a server means nothing to it.
        let environment = ProcessInfo.processInfo.environment.filter { !ChildEnvironment.isSecret($0.key) }
        let words = ([program, "serve"] + arguments).map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer {
            for word in words + variables { free(word) }
        }
        var pid: pid_t = 0
        let failure = posix_spawn(&pid, program, &actions, &attributes, words, variables)
        guard failure == 0 else {
            throw HearthError(
                .storageUnavailable,
                "The server cannot be started: \(String(cString: strerror(failure)).lowercased()).",
                hint: "Start it by `hearth serve`.")
        }
        self.pid = pid
    }

    /// Empties a log, which another server that was just started may have open too.
    private static func begin(_ log: String, with line: String?) {
        let descriptor = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        guard let line else { return }
        _ = "\(line)\n".withCString { write(descriptor, $0, strlen($0)) }
    }

    /// Whether it runs still; one that has ended is taken leave of.
    var isRunning: Bool { waitpid(pid, nil, WNOHANG) == 0 }

    /// Why it has ended, in its own words; nil when it has said nothing.
    static func lastWords(in log: String) -> String? {
        let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").last { $0.hasPrefix("hearth: ") }.map { String($0.dropFirst(8)) }
    }
}
