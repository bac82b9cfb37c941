import Foundation
import HearthCore
import HearthJobs
import HearthPrograms
import HearthTesting
import Testing

/// Real programs: a shell and what it starts.
@Suite(.timeLimit(.minutes(3))) struct ProgramProcessesTests {
    private let root: TemporaryFolder
    private let programs: ProgramProcesses

    init() throws {
        root = try TemporaryFolder()
        programs = ProgramProcesses(worker: "test-1", root: root.path)
    }

    private func shell(
        _ script: String, timeout: Duration = .seconds(30), outputBytes: Int = 1 << 20,
        onMessage: (@Sendable (String) -> Void)? = nil
    ) async throws -> ProgramResult {
        try await programs.withFolder { folder in
            try await programs.run(
                ProgramCall(
                    "sh", ["-c", script], environment: ["MORE": "given"], timeout: timeout, outputBytes: outputBytes,
                    onMessage: onMessage), in: folder)
        }
    }

    private func refusal(_ body: () async throws -> ProgramResult) async -> JobFailure? {
        do {
            _ = try await body()
            return nil
        } catch {
            return error as? JobFailure
        }
    }

    /// Whether no process of that id is left; one that has ended and is not collected yet is none.
    private func isGone(_ pid: pid_t) -> Bool {
        guard kill(pid, 0) == 0 else { return true }
        let status = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
        return status.contains(") Z ")
    }

    private func isStopped(_ pid: pid_t) -> Bool {
        ((try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? "").contains(") T ")
    }

    /// A process that the script has noted in a file of the test's folder.
    private func noted(_ name: String) throws -> pid_t? {
        let text = (try? String(contentsOfFile: root.file(name), encoding: .utf8)) ?? ""
        return pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    @Test func outputMessagesAndStatusComeBack() async throws {
        let result = try await shell("echo out; echo err >&2; exit 3")
        #expect(result.status == 3)
        #expect(String(decoding: result.output, as: UTF8.self) == "out\n")
        #expect(result.messages == "err\n")
        #expect(try await shell("kill -9 $$").status == 128 + SIGKILL)
    }

    /// Whatever thread starts it: those of libdispatch have a niceness of their own.
    @Test func aProgramAndWhatItStartsStandWhereTheyShould() async throws {
        let programs = ProgramProcesses(worker: "test-1", root: root.path, niceness: 7)
        try await programs.withFolder { folder in
            // Ends when its place has been changed.
            let script = "until [ \"$(nice)\" = 7 ]; do :; done; sh -c nice"
            let result = try await programs.run(ProgramCall("sh", ["-c", script], timeout: .seconds(20)), in: folder)
            #expect(String(decoding: result.output, as: UTF8.self) == "7\n")
        }
    }

    @Test func programsAndTheirChildrenEndWithTheirProcess() async throws {
        let script = "sleep 60 & echo $! > \(root.file("child")); echo $$ > \(root.file("parent")); wait"
        async let result = shell(script)
        try await eventually("both run") { try noted("child") != nil && noted("parent") != nil }
        let pids = [try #require(try noted("child")), try #require(try noted("parent"))]
        programs.killAll()
        #expect(try await result.status == 128 + SIGKILL)
        try await eventually("both are gone") { pids.allSatisfy(isGone) }
    }

    @Test func nothingOfThisProcessesEnvironmentIsPassedOn() async throws {
        setenv("HEARTH_TEST_SECRET", "secret", 1)
        defer { unsetenv("HEARTH_TEST_SECRET") }
        let result = try await shell("env; pwd")
        let lines = String(decoding: result.output, as: UTF8.self).split(separator: "\n").map(String.init)
        let names = Set(lines.compactMap { $0.contains("=") ? $0.split(separator: "=").first.map(String.init) : nil })
        #expect(
            names.isSubset(of: [
                "PATH", "HOME", "TMPDIR", "LANG", "MORE", ProgramCall.workerVariable, "PWD", "SHLVL", "_", "OLDPWD",
            ]))
        #expect(lines.contains("MORE=given"))
        let folder = try #require(lines.last)
        #expect(lines.contains("HOME=\(folder)"), "its folder is its home")
        #expect(!FileManager.default.fileExists(atPath: folder), "and goes with the job")
    }

    @Test func theFolderGoesWhenTheBodyFails() async throws {
        struct Oddity: Error {}
        let seen = Locked("")
        await #expect(throws: Oddity.self) {
            try await programs.withFolder { folder in
                seen.withLock { $0 = folder }
                try Data([1]).write(to: URL(fileURLWithPath: "\(folder)/left"))
                throw Oddity()
            }
        }
        #expect(!FileManager.default.fileExists(atPath: seen.withLock { $0 }))
        #expect(try FileManager.default.contentsOfDirectory(atPath: root.path).isEmpty)
    }

    @Test func aCancelledJobsProgramAndItsChildrenEnd() async throws {
        let script = "sleep 600 & echo $! > \(root.file("child")); echo $$ > \(root.file("parent")); wait"
        let task = Task { try await shell(script) }
        try await eventually("it runs") { try noted("parent") != nil }
        let (parent, child) = (try #require(try noted("parent")), try #require(try noted("child")))
        #expect(!isGone(parent) && !isGone(child))
        task.cancel()
        await #expect(throws: (any Error).self) { try await task.value }
        try await eventually("both are gone") { isGone(parent) && isGone(child) }
    }

    @Test func aProgramThatDoesNotListenIsKilled() async throws {
        let script = "trap '' TERM; echo $$ > \(root.file("stubborn")); while :; do sleep 0.1; done"
        let task = Task { try await shell(script) }
        try await eventually("it runs") { try noted("stubborn") != nil }
        let pid = try #require(try noted("stubborn"))
        #expect(!isGone(pid))
        task.cancel()
        await #expect(throws: (any Error).self) { try await task.value }
        #expect(isGone(pid))
    }

    /// A stopped process takes no SIGTERM before it goes on.
    @Test func aStoppedProgramAndItsChildrenEndWithinASecond() async throws {
        let script = "sleep 600 & echo $! > \(root.file("child")); echo $$ > \(root.file("stopped")); kill -STOP $! $$"
        let task = Task { try await shell(script) }
        try await eventually("it runs") { try noted("stopped") != nil && noted("child") != nil }
        let pids = [try #require(try noted("stopped")), try #require(try noted("child"))]
        try await eventually("they are stopped") { pids.allSatisfy(isStopped) }
        let start = ContinuousClock.now
        task.cancel()
        await #expect(throws: (any Error).self) { try await task.value }
        #expect(ContinuousClock.now - start < .seconds(1))
        try await eventually("both are gone") { pids.allSatisfy(isGone) }
    }

    @Test func aProgramThatTakesTooLongCostsItsJobAnAttempt() async throws {
        let failure = await refusal { try await shell("sleep 600", timeout: .milliseconds(100)) }
        #expect(failure?.code == "program_timeout")
        #expect(failure?.kind == .transient)
    }

    @Test func aProgramThatWritesTooMuchIsEndedBeforeItIsKept() async throws {
        let script = "echo $$ > \(root.file("loud")); yes"
        let failure = await refusal { try await shell(script, outputBytes: 100_000) }
        #expect(failure?.code == "program_output_too_long")
        let pid = try #require(try noted("loud"))
        #expect(isGone(pid))
        #expect(try await shell("head -c 100000 /dev/zero", outputBytes: 100_000).output.count == 100_000)
    }

    @Test func ofMessagesTheEndIsKept() async throws {
        let result = try await shell("for i in $(seq 1 20000); do echo line $i; done >&2")
        #expect(result.messages.utf8.count == Limits.programMessageBytes)
        #expect(result.messages.hasSuffix("line 20000\n"))
    }

    @Test func linesOfProgressAreToldAsTheyCome() async throws {
        let lines = Locked<[String]>([])
        _ = try await shell("printf 'frame 1\\rframe 2\\rdone\\nlast' >&2") { line in
            lines.withLock { $0.append(line) }
        }
        #expect(lines.withLock { $0 } == ["frame 1", "frame 2", "done", "last"])
    }

    @Test func whatAProgramLeavesBehindDoesNotHoldUpItsEnd() async throws {
        let result = try await shell("sleep 600 & echo $! > \(root.file("left")); echo done")
        #expect(String(decoding: result.output, as: UTF8.self) == "done\n")
        let pid = try #require(try noted("left"))
        try await eventually("it is gone") { isGone(pid) }
    }

    @Test func aProgramThatIsNotThereCostsTheJobNothing() async throws {
        let failure = await refusal {
            try await programs.withFolder { try await programs.run(ProgramCall("no-such-program"), in: $0) }
        }
        #expect(failure?.code == "program_missing")
        #expect(failure?.kind == .infrastructure)
    }
}
