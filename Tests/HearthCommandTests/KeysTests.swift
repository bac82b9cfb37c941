import ArgumentParser
import Foundation
import HearthCore
import HearthJSON
import HearthLocalFiles
import HearthTesting
import Testing

@testable import HearthCommand

/// `hearth keys` on a data folder, and what it takes as words.
@Suite struct KeysTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder(.memory) }

    private var data: String { folder.file("data") }

    private func options() throws -> KeysOptions { try KeysOptions.parse(["--data", data]) }

    @Test func theFirstKeyNeedsNoServerAndMakesTheFolder() async throws {
        let made = try await options().call(
            "identity.keys.create", ["name": "first", "permission": "admin"], makesFolder: true)
        #expect(made["secret"]?.stringValue?.hasPrefix("hk_") == true)
        #expect(made["key"]?["tenant"] == "local")
        let list = try await options().call("identity.keys.list", [:])
        #expect(list["items"]?.arrayValue?.map { $0["key_id"] } == [made["key"]?["key_id"]])
        var status = stat()
        #expect(stat(data, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o700)
    }

    @Test func aFolderThatIsRunByAServerCanBeWorkedOnAndOneOfAnotherVersionCannot() async throws {
        let draft: JSONValue = ["name": "a", "permission": "read"]
        let served = DataFolder(data)
        try served.make()
        let lock = try DataFolderLock(served)
        defer { withExtendedLifetime(lock) {} }
        let error = await #expect(throws: HearthError.self, "its schema is not there yet") {
            try await options().call("identity.keys.create", draft, makesFolder: true)
        }
        #expect(error?.code == .conflict)
        let other = try KeysOptions.parse(["--data", folder.file("other")])
        _ = try await other.call("identity.keys.create", draft, makesFolder: true)
        let otherLock = try DataFolderLock(DataFolder(folder.file("other")))
        defer { withExtendedLifetime(otherLock) {} }
        _ = try await other.call("identity.keys.create", draft)
        #expect(try await other.call("identity.keys.list", [:])["items"]?.arrayValue?.count == 2)
    }

    @Test func aKeyIsMeantByItsIdOrByItsName() async throws {
        func make(_ name: String) async throws -> String {
            let made = try await options().call(
                "identity.keys.create", ["name": .string(name), "permission": "read"], makesFolder: true)
            return made["key"]?["key_id"]?.stringValue ?? ""
        }
        let (shop, first, second) = (try await make("shop"), try await make("app"), try await make("app"))
        let keys = try options()
        #expect(try await keys.id(of: shop) == shop)
        #expect(try await keys.id(of: "shop") == shop)
        let several = await #expect(throws: HearthError.self) { try await keys.id(of: "app") }
        #expect(several?.code == .conflict)
        #expect(several?.hint?.contains(first) == true && several?.hint?.contains(second) == true)
        let none = await #expect(throws: HearthError.self) { try await keys.id(of: "shap") }
        #expect(none?.code == .notFound && none?.hint?.hasPrefix("Did you mean shop?") == true)
        _ = try await keys.call("identity.keys.revoke", ["key_id": .string(first)])
        #expect(try await keys.id(of: "app") == second, "one that has ended is not meant")
        _ = try await keys.call("identity.keys.revoke", ["key_id": .string(second)])
        let ended = await #expect(throws: HearthError.self) { try await keys.id(of: "app") }
        #expect(ended?.code == .conflict, "where all have ended, the name is theirs")
    }

    @Test func lookingMakesNoFolder() async throws {
        let error = await #expect(throws: HearthError.self) { try await options().call("identity.keys.list", [:]) }
        #expect(error?.code == .notFound)
        #expect(!FileManager.default.fileExists(atPath: data))
    }

    @Test(arguments: [("30s", 30), ("5m", 300), ("12h", 43_200), ("90d", 7_776_000), ("0s", 0)])
    func durationsAreRead(_ text: String, _ seconds: Int64) throws { #expect(try KeysOptions.seconds(text) == seconds) }

    @Test(arguments: ["", "d", "-1d", "1.5h", "90", "9999999999d", "1w"])
    func otherDurationsAreRefused(_ text: String) {
        #expect(throws: HearthError.self) { try KeysOptions.seconds(text) }
    }

    @Test func limitsAreTheFieldsOfTheType() throws {
        #expect(
            try KeysOptions.limits(["burst=3", "requests_per_second=0.5"])
                == ["burst": 3, "requests_per_second": 0.5] as JSONObject)
        for text in ["burst", "burst=", "burst=x", "brust=3", "burst=inf", "=3"] {
            #expect(throws: HearthError.self, "\(text)") { try KeysOptions.limits([text]) }
        }
    }

    @Test(arguments: ["", "short", "aaaaaaaaaaaaaaaaaaaaaaaa", "hk_0123456789abcdefghij"])
    func aGuessableKeyOfTheSettingsIsRefused(_ key: String) {
        let error = #expect(throws: HearthError.self) { try SettingsKey.check(Secret(key)) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error.map { "\($0)".contains(key) && !key.isEmpty } == false, "it is not shown")
        #expect(throws: Never.self) { try SettingsKey.check(Secret("b7d0c1e29f3a4b5c")) }
    }
}
