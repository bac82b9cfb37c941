import Foundation
import HearthCore
import HearthTesting
import Testing

@testable import HearthCommand

/// A server that `hearth mcp` starts takes the models of the last one of the folder.
@Suite struct ModelSettingsTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder(.memory)
        try FileManager.default.createDirectory(atPath: folder.file("data/run"), withIntermediateDirectories: true)
    }

    private func settings(_ environment: [String: String] = [:]) async throws -> Settings {
        let variables = ["HEARTH_DATA": folder.file("data")].merging(environment) { $1 }
        return try await Settings.resolve(flags: [:], environment: variables)
    }

    /// What the next server is told after one with these variables.
    private func flags(after last: [String: String], _ own: [String: String] = [:]) async throws -> [String] {
        let data = DataFolder(folder.file("data"))
        ModelSettings(try await settings(last)).write(in: data)
        return ModelSettings(lastIn: data).flags(besides: try await settings(own))
    }

    @Test func whatWasSetIsTakenAgain() async throws {
        let models = folder.file("models")
        let flags = try await flags(after: [
            "HEARTH_MODELS": "\(models)/", "HEARTH_BEST_MODELS": "true", "HEARTH_TEXT_MODEL": "minilm",
            "HEARTH_ALLOW_NON_COMMERCIAL": "false",
        ])
        #expect(
            flags == ["--models", models, "--text-model", "minilm", "--best-models", "--no-allow-non-commercial"])
    }

    @Test func theOwnSettingsGoFirst() async throws {
        let flags = try await flags(
            after: ["HEARTH_ANCHOR_MODEL": "clip", "HEARTH_PRODUCT_MODEL": "siglip"], ["HEARTH_ANCHOR_MODEL": "scatter"]
        )
        #expect(flags == ["--product-model", "siglip"])
    }

    @Test func whatWasNotSetIsNotKept() async throws {
        #expect(try await flags(after: ["HEARTH_PORT": "8500"]) == [])
        #expect(try await flags(after: ["HEARTH_ANCHOR_MODEL": "clip"]) == ["--anchor-model", "clip"])
        #expect(try await flags(after: [:]) == [], "the newest server counts")
    }

    @Test func aFolderWithoutThemSaysNothing() async throws {
        let empty = ModelSettings(lastIn: DataFolder(folder.file("none")))
        #expect(empty.flags(besides: try await settings()) == [])
    }
}
