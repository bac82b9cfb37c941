import Foundation
import HearthCore
import Subprocess
import Testing

@testable import HearthSupervisor

@Suite struct WorkerEndTests {
    @Test(arguments: [SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE, SIGTRAP])
    func aSignalThatCodeRaisesIsACrash(signal: Int32) {
        #expect(WorkerEnd(.signaled(signal), isOutOfMemory: false).isCrash)
    }

    @Test(arguments: [SIGKILL, SIGTERM, SIGINT, SIGHUP, SIGQUIT])
    func aSignalThatSomebodySendsIsNone(signal: Int32) {
        #expect(!WorkerEnd(.signaled(signal), isOutOfMemory: false).isCrash)
    }

    /// Such an end is logged as one that was wanted, and not as a warning.
    @Test(arguments: [(SIGTERM, true), (SIGINT, true), (SIGHUP, true), (SIGKILL, false), (SIGSEGV, false)])
    func whoAsksForAnEndIsNotWarnedOfIt(signal: Int32, isAskedFor: Bool) {
        #expect(WorkerEnd(.signaled(signal), isOutOfMemory: false).isAskedFor == isAskedFor)
        #expect(WorkerEnd(.exited(0), isOutOfMemory: false).isAskedFor)
        #expect(!WorkerEnd(.exited(1), isOutOfMemory: false).isAskedFor)
    }

    @Test func aKillForMemoryIsACrash() {
        #expect(WorkerEnd(.signaled(SIGKILL), isOutOfMemory: true).isCrash)
        #expect(!WorkerEnd(.signaled(SIGTERM), isOutOfMemory: true).isCrash)
    }

    @Test func killsForMemoryAreCountedByTheKernel() {
        #expect(WorkerEnd.memoryKills(in: "nr_free_pages 7\noom_kill 3\noom_kill_other 9\n") == 3)
        #expect(WorkerEnd.memoryKills(in: "nr_free_pages 7\n") == 0)
        #expect(WorkerEnd.memoryKills(in: "") == 0)
    }

    @Test func anExitStatusTellsAnErrorFromAnEnd() {
        #expect(WorkerEnd(.exited(0), isOutOfMemory: true) == .well)
        #expect(WorkerEnd(.exited(1), isOutOfMemory: false).isCrash)
    }

    @Test func namesOfWorkersTellFoldersAndMachinesApart() {
        let name = WorkerNames.prefix(host: "a", path: "/data")
        #expect(name.count == 5 && name.hasSuffix("-"))
        #expect(name == WorkerNames.prefix(host: "a", path: "/data"), "the next server finds what this one has left")
        #expect(name != WorkerNames.prefix(host: "b", path: "/data"))
        #expect(name != WorkerNames.prefix(host: "a", path: "/other"))
        let folder = DataFolder("/data")
        let longest = folder.socket(of: WorkerNames.prefix(of: folder, sort: "sm") + "99").count - "/data".count
        #expect(longest <= 27, "a data folder's path may have 80 characters, a socket's 107")
    }
}
