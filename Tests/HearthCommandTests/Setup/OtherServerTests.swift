import Foundation
import HearthCore
import HearthTesting
import Testing

@testable import HearthCommand

/// A second Hearth beside one that runs: its port is taken, and commands without `--data` look elsewhere.
@Suite(.timeLimit(.minutes(3))) struct OtherServerTests {
    private let one: TemporaryFolder
    private let other: TemporaryFolder

    init() throws {
        one = try TemporaryFolder()
        other = try TemporaryFolder()
    }

    @Test func theHearthThatHasThePortIsNamedWithItsFolder() async throws {
        let (other, data) = (other, one.file("data"))
        try await AssembledFront.run(in: one) { front in
            let url = try #require(ServerNote.read(in: front.folder)?.url)
            let port = try #require(URL(string: url)?.port)
            #expect(RunningServer.all().contains(RunningServer(data: data, url: url, pid: Int(getpid()))))
            for command in ["serve", "doctor"] {
                let run = try await HearthRun([command, "--port", String(port)], in: other)
                #expect(run.code == 1)
                #expect(
                    run.text.contains("Another Hearth server listens at 127.0.0.1:\(port) already: process"),
                    "\(run.text)")
                #expect(run.text.contains("data in \(data)."), "\(run.text)")
                #expect(run.text.contains("--data \(data)") && run.text.contains("--port or HEARTH_PORT"))
                RefusedSetupTests.expectPlainWords(run)
            }
            let examined = try await HearthRun(["doctor", "--port", String(port)], in: other)
            #expect(examined.output.contains(", for another data folder: \(data)"), "\(examined.text)")
        }
    }

    /// The server of this folder runs at another port than that of the settings, and the key is the commands' own.
    @Test func aServerOfTheFolderIsInItsOwnWayNowhere() async throws {
        let one = one
        try await AssembledFront.run(in: one) { front in
            let url = try #require(ServerNote.read(in: front.folder)?.url)
            let key = "\(KeySecret.prefix)0123456789abcdef0123456789abcdef"
            let run = try await HearthRun(["doctor"], in: one, ["HEARTH_API_KEY": key])
            #expect(run.output.contains(#/ok +address/#) && run.output.contains(url), "\(run.text)")
            #expect(run.output.contains("taken by the data folder's own server"), "\(run.text)")
            #expect(run.output.contains(#/ok +access/#), "\(run.text)")
            let other = try await HearthRun(["doctor", "--port", "0"], in: one)
            #expect(other.output.contains("127.0.0.1, a free port"), "\(other.text)")
        }
        let absent = try await HearthRun(
            ["doctor"], in: other, ["HEARTH_API_KEY": "\(KeySecret.prefix)0123456789abcdef"])
        #expect(absent.output.contains("env -u HEARTH_API_KEY hearth serve"), "\(absent.text)")
    }

    /// Servers of other tests may run as well, so that it is not said which one is named.
    @Test func commandsSayWhichFolderWasLookedAtAndThatAServerRunsElsewhere() async throws {
        let other = other
        try await AssembledFront.run(in: one) { _ in
            let mine = other.file("data")
            let listed = try await HearthRun(["models"], in: other)
            #expect(listed.code == 0)
            #expect(listed.errors.contains("no server runs for the data folder \(mine)"), "\(listed.text)")
            let asked = try await HearthRun(["jobs", "--data", mine], in: other)
            #expect(asked.code == 1 && asked.errors.contains("No server runs for the data folder \(mine)."))
            for run in [listed, asked] {
                #expect(run.errors.contains(#/runs? at http:\/\/127\.0\.0\.1:\d+.*`--data /#), "\(run.text)")
            }
        }
    }

    @Test func whatIsSaidDependsOnWhatRuns() {
        let folder = DataFolder("/mine")
        let server = RunningServer(data: "/theirs", url: "http://127.0.0.1:9000", pid: 7)
        func said(_ others: [RunningServer], isStranger: Bool = false) -> String {
            LocalModels.absence(of: folder, address: "http://127.0.0.1:8420", others: others, isStranger: isStranger)
        }
        #expect(
            said([]).contains("no server runs for the data folder /mine, and none answers at http://127.0.0.1:8420."))
        #expect(said([]).hasSuffix("`hearth serve --data /mine` starts one, which loads them."))
        #expect(said([server]).hasSuffix("One runs at http://127.0.0.1:9000: add `--data /theirs` to mean it."))
        #expect(said([server, server]).contains("Others run at http://127.0.0.1:9000 (`--data /theirs`), "))
        #expect(said([], isStranger: true).hasSuffix("`--url http://127.0.0.1:8420` asks it."))
        let unseen = ListenAddress.taken(host: "127.0.0.1", port: 8_420, by: nil)
        #expect(unseen.message.contains("its data folder cannot be seen") && unseen.hint?.contains("--port") == true)
    }

    @Test func aModelThatComesWithHearthIsNotToBeDeleted() async throws {
        let run = try await HearthRun(["models", "remove", "scatter", "--yes"], in: other)
        #expect(run.code == 1)
        #expect(run.errors.contains("The model scatter comes with Hearth and cannot be removed."), "\(run.text)")
        #expect(run.errors.contains("--anchor-model") && !run.errors.contains("Remove that folder"), "\(run.text)")
    }

    @Test func aServerThatIsOpenToTheNetworkSaysWhere() async throws {
        func line(_ host: String) async throws -> String? {
            let settings = try await Settings.resolve(flags: [:], environment: ["HEARTH_HOST": host])
            return OpenAddresses.line(settings, port: 8_420, of: ["192.0.2.7", "2001:db8::7"])
        }
        #expect(try await line("127.0.0.1") == nil)
        #expect(
            try await line("0.0.0.0")
                == "It is open to the network, at http://192.0.2.7:8420: every caller with a key is let in.")
        #expect(try await line("::")?.contains("http://192.0.2.7:8420 and http://[2001:db8::7]:8420") == true)
        #expect(try await line("192.0.2.9")?.contains("at http://192.0.2.9:8420:") == true)
        #expect(OpenAddresses.machine().allSatisfy { !$0.hasPrefix("127.") && $0 != "::1" })
    }
}
