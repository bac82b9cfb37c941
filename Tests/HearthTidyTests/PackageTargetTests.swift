import Foundation
import Testing

/// The edges of `Package.swift` are those of the imports: what is not imported is not built and linked for nothing.
@Suite struct PackageTargetTests {
    private static let sample = """
        let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
        let signals = Target.Dependency.product(
            name: "UnixSignals", package: "swift-service-lifecycle")
        let package = Package(
            targets: [
                .systemLibrary(name: "CZlib", path: "Sources/C/CZlib"),
                .target(name: "CVectors", path: "Sources/C", cSettings: [.unsafeFlags(["-O3"])]),
                library("HearthJSON", path: "Sources/JSON", []),
                library(
                    "HearthCore", path: "Sources/Core",
                    ["HearthJSON", crypto, signals, nio("NIOCore")], settings: more),
                .executableTarget(
                    name: "hearth", dependencies: ["HearthCore"], path: "Sources/Programs/hearth"),
                tests("HearthCoreTests", ["HearthCore"]),
            ]
        )
        """

    @Test func targetsAreReadOffTheManifest() {
        let targets = PackageTarget.all(in: Self.sample)
        #expect(targets.map(\.name) == ["HearthJSON", "HearthCore", "hearth", "HearthCoreTests"])
        #expect(
            targets.map(\.folder) == [
                "Sources/JSON/", "Sources/Core/", "Sources/Programs/hearth/", "Tests/HearthCoreTests/",
            ])
        #expect(
            targets.map(\.dependencies) == [
                [], ["HearthJSON", "Crypto", "UnixSignals", "NIOCore"], ["HearthCore"], ["HearthCore"],
            ])
    }

    @Test func anEdgeThatIsUnusedOrMissingIsAProblem() throws {
        let core = try #require(PackageTarget.all(in: Self.sample).first { $0.name == "HearthCore" })
        let files = [
            SwiftFile(path: "Sources/Core/A.swift", text: "package import Crypto\nimport Foundation\nimport NIOCore\n"),
            SwiftFile(path: "Sources/Core/B.swift", text: "@testable import NIOPosix\n// import UnixSignals\n"),
            SwiftFile(path: "Sources/CoreOfAnother/C.swift", text: "import HearthJSON\n"),
        ]
        #expect(
            core.problems(in: files, known: ["Crypto", "HearthJSON", "NIOCore", "NIOPosix", "UnixSignals"]) == [
                "HearthCore imports HearthJSON nowhere; remove it",
                "HearthCore imports UnixSignals nowhere; remove it",
                "HearthCore imports NIOPosix and does not declare it",
            ])
    }

    @Test func everyTargetDeclaresWhatItImportsAndNothingElse() throws {
        let url = Repository.root.appendingPathComponent("Package.swift")
        let targets = PackageTarget.all(in: try String(contentsOf: url, encoding: .utf8))
        let files = try Repository.swiftFiles.get()
        for path in Set(files.map { $0.text.path.split(separator: "/").prefix(2).joined(separator: "/") + "/" }) {
            #expect(targets.contains { $0.folder.hasPrefix(path) }, "no target was found for \(path)")
        }
        let known = Set(targets.flatMap(\.dependencies))
        for problem in targets.flatMap({ $0.problems(in: files, known: known) }) {
            Issue.record("Package.swift: \(problem)")
        }
    }
}
