import Foundation
import HearthCore
import HearthTesting
import NIOCore
import NIOPosix
import Testing

@testable import HearthCommand

/// What commands say when the server, or what stands in its place, does not answer as it should.
@Suite(.timeLimit(.minutes(3))) struct ServerErrorTests {
    private let folder: TemporaryFolder
    private static let key = "k5Nb2!xQ9z.w7Lm3"

    init() throws { folder = try TemporaryFolder(.memory) }

    /// Runs a command that must fail in plain words.
    private func failure(_ arguments: [String], _ environment: [String: String] = [:]) async throws -> String {
        let run = try await HearthRun(arguments, in: folder, environment)
        #expect(run.code == 1, "\(run.text)")
        RefusedSetupTests.expectPlainWords(run)
        return run.text
    }

    /// `hearth doctor`, run again while the front, which shares the threads of all tests here, is too busy to answer.
    private func doctor(_ arguments: [String] = []) async throws -> HearthRun {
        var run = try await HearthRun(["doctor"] + arguments, in: folder)
        for _ in 0..<20 where run.output.contains("has not answered within") {
            run = try await HearthRun(["doctor"] + arguments, in: folder)
        }
        return run
    }

    /// A port that nothing listens at.
    private func freePort() async throws -> Int {
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0).get()
        defer { channel.close(promise: nil) }
        return channel.localAddress?.port ?? 0
    }

    @Test func aServerThatWantsAKeyIsNotTakenForNone() async throws {
        let folder = folder
        try await AssembledFront.run(in: folder, flags: [.apiKey: Self.key]) { _ in
            let examined = try await doctor()
            #expect(examined.code == 1)
            #expect(examined.output.contains("does not let this command in"), "\(examined.text)")
            #expect(examined.output.contains("HEARTH_API_KEY"))
            let listed = try await HearthRun(["models"], in: folder)
            #expect(listed.errors.contains("the server does not tell its own"), "\(listed.text)")
            #expect(!listed.errors.contains("No server runs"))
            let known = try await HearthRun(["models"], in: folder, ["HEARTH_API_KEY": Self.key])
            #expect(!known.errors.contains("does not tell its own: The API key"), "\(known.text)")
        }
    }

    @Test func doctorLooksAtTheAddressThatIsNamed() async throws {
        let folder = folder
        let port = try await freePort()
        try await AssembledFront.run(in: folder) { _ in
            let plain = try await doctor()
            #expect(plain.output.contains("starting at http://127.0.0.1:"), "\(plain.text)")
            let other = try await doctor(["--port", String(port)])
            #expect(
                other.output.contains("none runs at http://127.0.0.1:\(port); that of the data folder"), "\(other.text)"
            )
            let named = try await HearthRun(["doctor", "--url", "http://127.0.0.1:\(port)"], in: folder)
            #expect(named.code == 1)
            #expect(named.output.contains("No server answers at http://127.0.0.1:\(port): connection refused."))
        }
    }

    @Test func noServerIsNamedByItsAddressAndTheReason() async throws {
        let url = "http://127.0.0.1:\(try await freePort())"
        for command in [["jobs"], ["recall", "HEARTH"], ["models", "load", "clip"], ["call"]] {
            var command = command
            if let place = command.firstIndex(of: "HEARTH") {
                command[place] = folder.file("picture")
                try Data([1]).write(to: URL(fileURLWithPath: command[place]))
            }
            let said = try await failure(command + ["--url", url])
            #expect(said.contains("No server answers at \(url): connection refused."), "\(said)")
            #expect(said.contains("hearth serve"))
        }
        #expect(try await failure(["jobs", "--url", "127.0.0.1:1"]).contains("is no address of a server"))
        #expect(try await failure(["jobs", "--url", "http://nothing.invalid"]).contains("nothing.invalid"))
    }

    @Test func anotherServerIsNotMeantByADataFolderWithoutOne() async throws {
        let elsewhere = folder.file("elsewhere")
        for command in [["jobs"], ["projects", "delete", "comets"], ["recall", elsewhere]] {
            let said = try await failure(command + ["--data", elsewhere])
            #expect(said.contains("No server runs for the data folder \(elsewhere)."), "\(said)")
            #expect(said.contains("hearth serve --data \(elsewhere)"))
        }
    }

    @Test func faultsOfChromaAreChromas() async throws {
        let port = try await freePort()
        let absent = try await failure(["import", "chroma", "http://127.0.0.1:\(port)"])
        #expect(absent.contains("No Chroma server answers at http://127.0.0.1:\(port)"), "\(absent)")
        #expect(absent.contains("chroma run") && !absent.contains("hearth serve"))
        let folder = folder
        // A server that is no Chroma of that tenant refuses in words of its own.
        try await AssembledFront.run(in: folder, flags: [.apiKey: Self.key]) { front in
            let url = try #require(ServerNote.read(in: front.folder)?.url)
            let run = try await HearthRun(["import", "chroma", url], in: folder)
            #expect(run.code == 1)
            #expect(run.errors.contains("Chroma at \(url) has refused the call"), "\(run.text)")
            #expect(run.errors.contains("not about Hearth"))
        }
    }

    @Test func aCertificateThatVouchesForItselfIsTrustedWhereTheFolderSaysSo() async throws {
        let (folder, files) = (folder, try CertificateFiles())
        let flags: [Setting: String] = [.tlsCertificate: files.certificate, .tlsKey: files.key]
        try await AssembledFront.run(in: folder, flags: flags) { front in
            let url = try #require(ServerNote.read(in: front.folder)?.url)
            #expect(url.hasPrefix("https://127.0.0.1:"))
            let found = try await HearthRun(["system", "health"], in: folder)
            #expect(found.code == 0, "the folder's own server: \(found.text)")
            let strange = try await HearthRun(["system", "health", "--url", url], in: folder)
            #expect(strange.code == 1)
            #expect(strange.errors.contains("The server at \(url) is not trusted: its certificate"), "\(strange.text)")
            #expect(strange.errors.contains("--ca-file"))
            let arguments = ["system", "health", "--url", url, "--ca-file", files.certificate]
            let trusted = try await HearthRun(arguments, in: folder)
            #expect(trusted.code == 0, "\(trusted.text)")
            let byVariable = try await HearthRun(
                ["models", "--url", url], in: folder, ["HEARTH_CA_FILE": files.certificate])
            #expect(!byVariable.errors.contains("trusted"), "\(byVariable.text)")
            let plain = url.replacing("https:", with: "http:")
            let unencrypted = try await HearthRun(["system", "health", "--url", plain], in: folder)
            #expect(
                unencrypted.code == 1 && unencrypted.errors.contains("It may speak https only"), "\(unencrypted.text)")
            let other = try await HearthRun(["system", "health", "--ca-file", "no.pem"], in: folder)
            #expect(other.errors.contains("There is no file no.pem."), "\(other.text)")
        }
    }

    @Test func aServerForEveryAddressIsCalledByThatOfThisMachine() async throws {
        func settings(_ environment: [String: String]) async throws -> Settings {
            try await Settings.resolve(flags: [:], environment: environment)
        }
        #expect(try await settings(["HEARTH_HOST": "0.0.0.0"]).url == "http://127.0.0.1:8420")
        #expect(try await settings(["HEARTH_HOST": "::"]).url == "http://[::1]:8420")
        #expect(
            try await settings(["HEARTH_HOST": "0.0.0.0", "HEARTH_TLS_CERTIFICATE": "c"]).url
                == "https://localhost:8420")
        #expect(try await settings(["HEARTH_HOST": "10.0.0.1"]).url(at: 1) == "http://10.0.0.1:1")
    }
}
