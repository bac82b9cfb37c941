import HearthCore
import Testing

/// What a child process is told.
@Suite struct ChildEnvironmentTests {
    private let own = [
        "PATH": "/bin", "LANG": "C", "LD_LIBRARY_PATH": "/lib", "HEARTH_API_KEY": "s", "HEARTH_DATA": "/data",
        "HEARTH_BUILT_IN_MODELS": "/models", "AWS_SECRET_ACCESS_KEY": "s", "GITHUB_TOKEN": "s", "db_password": "s",
        "SSH_AUTH_SOCK": "/s",
    ]

    @Test func itHasNoSecretAndNoSettingOfItsParent() {
        let child = ChildEnvironment.make(from: own, adding: [:])
        #expect(child.keys.sorted() == ["HEARTH_BUILT_IN_MODELS", "LANG", "LD_LIBRARY_PATH", "PATH"])
    }

    @Test func itHasWhatItIsGiven() {
        let child = ChildEnvironment.make(from: own, adding: ["HEARTH_DATA": "/other", "PATH": "/usr/bin"])
        #expect(child["HEARTH_DATA"] == "/other")
        #expect(child["PATH"] == "/usr/bin")
        #expect(child["LANG"] == "C")
    }
}
