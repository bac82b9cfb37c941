import Foundation
import HearthCore
import HearthTesting
import Testing

@testable import HearthModelLibrary

@Suite struct DownloadListTests {
    private static let shipped = TestFolders.models.appendingPathComponent("downloads.json")

    @Test func shippedListCanBeUsedAsAWhole() throws {
        let list = try DownloadList(at: Self.shipped.path)
        #expect(list.entries.count >= 9)
        let mirror = try DownloadMirror(nil)
        for entry in list.entries {
            let plan = try InstallPlan(entry, mirror: mirror)
            #expect(plan.items.count == entry.files.count)
            #expect(
                plan.items.allSatisfy { item in
                    if case .address(let address) = item.place {
                        address.hasPrefix("https://") && !address.contains("{")
                    } else {
                        false
                    }
                })
            #expect(list.entry(entry.name)?.name == entry.name)
        }
        #expect(list.entry("google/siglip-base-patch16-224")?.name == "siglip-base-patch16-224", "an alias")
        #expect(list.entry("nobody") == nil)
    }

    @Test(arguments: [
        ("{", "not JSON"), ("{}", "no list"), (#"{"models": [{}]}"#, "number 1"),
        (#"{"models": [{"name": "a", "colour": 1}]}"#, "\"colour\" is not known"),
        (#"{"models": [{"name": "../a"}]}"#, "a name has"),
    ])
    func brokenListSaysWhatIsWrong(text: String, expected: String) {
        #expect { try DownloadList(reading: Data(text.utf8)) } throws: { error in
            (error as? HearthError)?.message.contains(expected) == true
        }
    }

    @Test(arguments: [
        ("https://m.example", "https://huggingface.co/a/b/resolve/c/d.onnx", "https://m.example/a/b/resolve/c/d.onnx"),
        ("https://m.example/x/", "https://huggingface.co/a", "https://m.example/x/a"),
        ("https://m.example/x", "https://github.com/a/b?c=d", "https://m.example/x/github.com/a/b?c=d"),
        ("http://10.0.0.1:8080", "https://a.example:444/b%20c", "http://10.0.0.1:8080/a.example:444/b%20c"),
    ])
    func mirrorKeepsThePathAndAllHostsButTheHub(base: String, address: String, expected: String) throws {
        #expect(try DownloadMirror(base).address(of: address) == expected)
    }

    @Test func withoutMirrorAddressesStay() throws {
        #expect(try DownloadMirror("").address(of: "https://a/b") == "https://a/b")
        for bad in ["nonsense", "ftp://a", "https://", "https://a?b=c"] {
            #expect(throws: HearthError.self, "\(bad)") { try DownloadMirror(bad) }
        }
    }

    @Test func plainHTTPNeedsADigestUnlessItIsThisMachine() throws {
        try DownloadMirror.check("https://a/b", sha256: nil)
        try DownloadMirror.check("http://a/b", sha256: "known")
        try DownloadMirror.check("http://127.0.0.1:1/b", sha256: nil)
        for bad in ["http://a/b", "file:///etc/passwd", "ftp://a/b", "a/b", "https://"] {
            #expect(throws: HearthError.self, "\(bad)") { try DownloadMirror.check(bad, sha256: nil) }
        }
    }
}
