import Foundation
import HearthCore
import HearthLocalFiles
import HearthTesting
import NIOCore
import NIOPosix
import Testing

@testable import HearthCommand

/// Set-ups with which no server starts: `serve` refuses them before anything is made, and `doctor` says the same.
@Suite(.timeLimit(.minutes(3))) struct RefusedSetupTests {
    /// A set-up that is wrong, and what is said of it.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var flags: [String] = []
        var variables: [String: String] = [:]
        /// In the message.
        let message: String
        /// In the hint.
        let hint: String
    }

    private static let cases = [
        Case(
            testDescription: "an address for all, without a key", flags: ["--host", "0.0.0.0"],
            message: "there is no API key", hint: "hearth keys create"),
        Case(
            testDescription: "a key that is too short", variables: ["HEARTH_API_KEY": "secret"],
            message: "too easy to guess", hint: "random characters"),
        Case(
            testDescription: "a certificate without its key", flags: ["--tls-certificate", "no.pem"],
            message: "only one of them is set", hint: "HEARTH_TLS_KEY"),
        Case(
            testDescription: "a certificate that is not there",
            flags: ["--tls-certificate", "no.pem", "--tls-key", "no-key.pem"], message: "no.pem cannot be read",
            hint: "must exist"),
        Case(
            testDescription: "keys of tokens that are not there", flags: ["--jwt-keys", "no.json"],
            message: "no.json of HEARTH_JWT_KEYS is missing", hint: "It is a JWKS"),
        Case(
            testDescription: "an unknown model for anchors", flags: ["--anchor-model", "scater"],
            message: "There is no model scater, which --anchor-model names", hint: "Did you mean scatter?"),
        Case(
            testDescription: "an unknown model for products", flags: ["--product-model", "scater"],
            message: "There is no model scater, which --product-model names", hint: "Did you mean scatter?"),
        Case(
            testDescription: "an unknown model for texts", variables: ["HEARTH_TEXT_MODEL": "many"],
            message: "There is no model many, which HEARTH_TEXT_MODEL names", hint: "make models"),
        Case(
            testDescription: "a model for texts that reads none", flags: ["--text-model", "scatter"],
            message: "does not embed texts", hint: "hearth models list"),
        Case(
            testDescription: "an address of another machine", flags: ["--host", "192.0.2.1"],
            variables: ["HEARTH_API_KEY": "k5Nb2!xQ9z.w7Lm3"], message: "This machine has no address 192.0.2.1",
            hint: "--host"),
        Case(
            testDescription: "a name that nothing has", flags: ["--host", "nothing.invalid"],
            variables: ["HEARTH_API_KEY": "k5Nb2!xQ9z.w7Lm3"], message: "`nothing.invalid` is no address",
            hint: "--host"),
        Case(
            testDescription: "a data folder below a file", flags: ["--data", "file/data"], message: "file",
            hint: "--data"),
        Case(
            testDescription: "a data folder whose path is too long",
            flags: ["--data", String(repeating: "long-name/", count: 12)], message: "too long for its sockets",
            hint: "--data"),
    ]

    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try Data().write(to: URL(fileURLWithPath: folder.file("file")))
    }

    /// What lies in the folder, without what the runs themselves write.
    private var made: [String] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
                !$0.hasPrefix("output-") && !$0.hasPrefix("errors-") && $0 != "tmp" && $0 != "file"
            }
        }
    }

    @Test(arguments: cases) func isRefusedByServeAndByDoctorInTheSameWords(setup: Case) async throws {
        let flags = setup.flags + (setup.flags.contains("--port") ? [] : ["--port", "0"])
        let served = try await HearthRun(["serve"] + flags, in: folder, setup.variables)
        #expect(served.code == 1)
        #expect(served.errors.contains(setup.message), "\(served.text)")
        #expect(served.errors.contains(setup.hint), "\(served.text)")
        #expect(try made.isEmpty, "a refused start makes nothing")
        let examined = try await HearthRun(["doctor"] + flags, in: folder, setup.variables)
        #expect(examined.code == 1)
        let refusals = examined.output.split(separator: "\n").filter { $0.hasPrefix("NO ") }
        #expect(refusals.contains { $0.contains(setup.message) }, "\(examined.text)")
        #expect(examined.output.contains(setup.hint), "\(examined.text)")
        #expect(try made.isEmpty, "a look makes nothing")
        for run in [served, examined] { Self.expectPlainWords(run) }
    }

    @Test func aPortThatIsTakenIsNamedAtOnce() async throws {
        let taken = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = String(taken.localAddress?.port ?? 0)
        for command in ["serve", "doctor"] {
            let run = try await HearthRun([command, "--port", port], in: folder)
            #expect(run.code == 1)
            #expect(run.text.contains("Another program listens at 127.0.0.1:\(port) already."), "\(run.text)")
            #expect(run.text.contains("--port or HEARTH_PORT"))
            #expect(!run.text.contains("worker-"), "no worker was started: \(run.text)")
            Self.expectPlainWords(run)
        }
        #expect(try made.isEmpty)
        try await taken.close()
    }

    @Test func aFolderThatAServerHasIsRefusedToAnotherAndIsFineForDoctor() async throws {
        let data = DataFolder(folder.file("data"))
        try data.make()
        let lock = try DataFolderLock(data)
        let served = try await HearthRun(["serve", "--port", "0"], in: folder)
        #expect(served.code == 1 && served.errors.contains("is in use by process \(getpid())"), "\(served.text)")
        let settings = try await Settings.resolve(flags: [:], environment: ["HEARTH_DATA": data.path])
        ServerNote(settings, port: 1).write(in: data)
        let examined = try await HearthRun(["doctor", "--port", "0"], in: folder)
        #expect(examined.output.contains("in use by its server (process \(getpid()))"), "\(examined.text)")
        withExtendedLifetime(lock) {}
    }

    @Test func aMisspeltVariableIsToldOfAndTheRightOneIsNamed() async throws {
        let run = try await HearthRun(["doctor", "--port", "0"], in: folder, ["HEARTH_PROT": "8421"])
        #expect(run.code == 1)
        #expect(run.output.contains("HEARTH_PROT is no setting and has no effect."), "\(run.text)")
        #expect(run.output.contains("Did you mean HEARTH_PORT?"))
    }

    @Test func aGoodSetUpIsGood() async throws {
        let run = try await HearthRun(["doctor", "--port", "0"], in: folder)
        #expect(run.code == 0, "\(run.text)")
        #expect(!run.output.contains("NO "))
        #expect(try made.isEmpty)
    }

    /// Names of errors and of calls of libraries say nothing to a user.
    static func expectPlainWords(_ run: HearthRun) {
        for riddle in ["NSCocoaErrorDomain", "Domain=", "descriptor:", "errno", "POSIXError", "NIO", "Optional("] {
            #expect(!run.text.contains(riddle), "\(run.text)")
        }
    }
}
