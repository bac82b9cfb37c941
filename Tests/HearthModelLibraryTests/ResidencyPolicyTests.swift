import HearthCore
import HearthModelLibrary
import HearthTesting
import Testing

@Suite struct ResidencyPolicyTests {
    private func folder(_ id: String, bytes: Int, group: String? = nil) -> ModelFolder {
        var manifest = ModelFolder.fake(id).manifest
        manifest.group = group
        return ModelFolder(id: id, path: "/fake/\(id)", manifest: manifest, bytes: bytes)
    }

    @Test func settingsAreReadAsTheyAreWritten() throws {
        let policy = try ResidencyPolicy(text: "clip=5m, large=pinned,other=0")
        #expect(policy.keepAlive == ["clip": .idle(.seconds(300)), "large": .pinned, "other": .idle(.zero)])
        #expect(policy.text == "clip=300s,large=pinned,other=0s")
        #expect(try ResidencyPolicy(text: policy.text) == policy)
        #expect(try ResidencyPolicy(text: "") == ResidencyPolicy())
    }

    @Test(arguments: ["clip", "clip=", "=5m", "clip=soon", "clip=5m,other", "clip=5m=6m", " =5m"])
    func whatCannotBeReadIsShown(text: String) {
        let error = #expect(throws: HearthError.self) { try ResidencyPolicy(text: text) }
        #expect(error?.code == .invalidConfiguration)
    }

    @Test func smallModelsArePinnedAndLargeOnesLeave() {
        let policy = ResidencyPolicy(keepAlive: ["told": .idle(.seconds(60)), "kept": .pinned])
        let small = folder("small", bytes: Limits.pinnedModelBytes - 1)
        let large = folder("large", bytes: Limits.pinnedModelBytes)
        #expect(policy.keepAlive(small) == .pinned && policy.group(small) == nil)
        #expect(policy.keepAlive(large) == .idle(Limits.largeModelKeepAlive) && policy.group(large) == "large")
        #expect(policy.keepAlive(folder("told", bytes: 1)) == .idle(.seconds(60)))
        #expect(
            policy.group(folder("told", bytes: 1, group: "faces")) == "faces", "what leaves together lives together")
        #expect(policy.group(folder("kept", bytes: .max, group: "faces")) == nil)
    }
}
