import Foundation
import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthProducts

/// Files as people have them: what a spreadsheet, an archiver of another system, or a browser has written.
@Suite(.timeLimit(.minutes(3))) struct UserFilesTests {
    private static let folder = "data/user-files"
    private let bench: ProductBench

    init() async throws { bench = try await ProductBench() }

    private func product(_ id: String) async throws -> JSONValue {
        try await bench.call("products.get", ["product": .string(id)])
    }

    // MARK: CSV

    @Test(arguments: ["\n", "\r\n", "\r"]) func linesEndInThreeWays(end: String) async throws {
        let file = ["external_id,title,brand", "cr-1,Oat drink,Harbour", "cr-2,\"two\(end)lines\",Mill"]
            .joined(separator: end)
        let shown = try await bench.importFile(Data(file.utf8))
        #expect(shown["accepted"] == 2 && shown["refused"] == 0, "\(shown)")
        #expect(try await product("cr-2")["title"] == "two\nlines")
    }

    @Test(arguments: [
        "sep=;\nexternal_id;title", "\u{FEFF}sep=;\r\nexternal_id;title", "\n  \n;;\nexternal_id;title",
        "\"sep=;\"\n\nexternal_id;title", "external_id ; title", "external_id;\ttitle ;;",
        "\" external_id\" ;\"title\" ",
    ]) func whatStandsBeforeOrInTheHeaderDoesNotMatter(header: String) async throws {
        let isQuoted = header.hasPrefix("\" external")
        let shown = try await bench.importFile(Data("\(header)\nse-1;Oat, drink\n;\n\n".utf8))
        guard !isQuoted else {
            #expect(shown["state"] == "failed", "blanks within quotes are part of a name")
            return
        }
        #expect(shown["accepted"] == 1 && shown["refused"] == 0, "\(shown)")
        #expect(try await product("se-1")["title"] == "Oat, drink")
    }

    @Test func ofSeveralNamesOfOneMeaningTheFirstOfTheRuleWins() async throws {
        let shown = try await bench.importFile(
            Data("id,SKU,Name,title,businessTemplate\n7,s-7,first,second,grocery\n".utf8))
        #expect(shown["accepted"] == 1, "\(shown)")
        let product = try await product("s-7")
        #expect(product["title"] == "second" && product["template"] == "grocery")
        #expect(product["attributes"] == ["id": "7", "Name": "first"])
    }

    @Test func columnsWithoutANameAtTheEndMustBeEmpty() async throws {
        let shown = try await bench.importFile(Data("external_id,title,,\na,A\nb,B,,\nc,C,,,\nd,D,,x\ne\n".utf8))
        #expect(shown["accepted"] == 3 && shown["refused"] == 2, "\(shown)")
        let between = try await bench.importFile(Data("external_id,,title\na,x,A\n".utf8))
        #expect(between["state"] == "failed")
    }

    @Test(arguments: ["external_id,title\n", "external_id,title", "external_id;title\r\n;\r\n"])
    func aFileWithoutProductsIsNoSuccess(file: String) async throws {
        let shown = try await bench.importFile(Data(file.utf8))
        #expect(shown["state"] == "failed" && shown["failure"]?.stringValue?.isEmpty == false, "\(shown)")
    }

    @Test func anEmptyFileOfLinesIsNoSuccessEither() async throws {
        #expect(try await bench.importFile(Data("\n\n".utf8), ["format": "jsonl"])["state"] == "failed")
    }

    // MARK: Zip

    @Test func picturesAreToldByTheirContent() async throws {
        let file = ZipMaker.make([
            ("oat/front.jfif", ProductBench.picture(1)), ("oat/back", ProductBench.picture(2)),
            ("oat/notes.txt", Data("buy more".utf8)), ("oat/Thumbs.db", Data([1, 2])), ("oat/broken.png", Data([3])),
            ("rye/view.GIF", ProductBench.picture(3)), ("texts/readme.md", Data("# No product".utf8)),
            ("price-list.xlsx", Data([0x50, 0x4B])), ("__MACOSX/oat/._front.jfif", Data([0])),
        ])
        let shown = try await bench.importFile(file, ["format": "zip"])
        #expect(shown["accepted"] == 2 && shown["refused"] == 4, "\(shown)")
        let messages = (shown["errors"]?.arrayValue ?? []).compactMap { $0["message"]?.stringValue }
        for name in ["oat/notes.txt", "oat/broken.png", "texts/readme.md", "price-list.xlsx"] {
            #expect(messages.contains { $0.contains("`\(name)`") }, "\(name) in \(messages)")
        }
        #expect(try await product("oat")["images"]?.arrayValue?.count == 2)
    }

    @Test func foldersOfOneNameAreTwoProducts() async throws {
        let file = ZipMaker.make([
            ("drinks/oat/1.gif", ProductBench.picture(1)), ("bread/oat/1.gif", ProductBench.picture(2)),
            ("bread/rye/1.gif", ProductBench.picture(3)),
        ])
        let shown = try await bench.importFile(file, ["format": "zip"])
        #expect(shown["accepted"] == 3 && shown["refused"] == 0, "\(shown)")
        #expect(try await product("drinks/oat")["title"] == "oat")
        #expect(try await product("bread/oat")["images"]?.arrayValue?.count == 1)
        _ = try await product("rye")
    }

    @Test func aDescriptionMayHaveAMarkOfUTF8() async throws {
        let file = ZipMaker.make([
            ("oat/1.gif", ProductBench.picture(1)), ("oat/description.txt", Data("\u{FEFF}Oat drink".utf8)),
        ])
        _ = try await bench.importFile(file, ["format": "zip"])
        #expect(try await product("oat")["description"] == "Oat drink")
    }

    @Test func aListMayNamePicturesAsWindowsDoes() async throws {
        let list = "external_id,images\na,.\\pictures\\1.gif|pictures/2.gif\n"
        let file = ZipMaker.make([
            ("products.csv", Data(list.utf8)), ("pictures\\1.gif", ProductBench.picture(1)),
            ("pictures\\2.gif", ProductBench.picture(2)),
        ])
        let shown = try await bench.importFile(file)
        #expect(shown["accepted"] == 1 && shown["refused"] == 0, "\(shown)")
    }

    // MARK: Names

    @Test func anExternalIDThatNoPathCouldNameIsRefused() async throws {
        let words = Set(
            bench.products.operations().flatMap(\.routes).compactMap { route -> String? in
                let parts = route.path.split(separator: "/")
                guard parts.count > 1, parts[0] == "products", !parts[1].hasPrefix("{") else { return nil }
                return String(parts[1])
            })
        #expect(!words.isEmpty && words.isSubset(of: Products.pathWords), "\(words.subtracting(Products.pathWords))")
        for word in Products.pathWords {
            let error = await #expect(throws: HearthError.self) {
                try await bench.call("products.upsert", ["external_id": .string(word)])
            }
            #expect(error?.code == .invalidRequest, "\(word)")
        }
        #expect(try await bench.count("products") == 0)
    }

    @Test func anExternalIDCannotHideAnotherProduct() async throws {
        let first = try await bench.call("products.upsert", ["external_id": "a", "title": "First"])
        let id = try #require(first["product"]?["product_id"]?.stringValue)
        let error = await #expect(throws: HearthError.self) {
            try await bench.call("products.upsert", ["external_id": .string(id), "title": "Second"])
        }
        #expect(error?.code == .invalidRequest)
        #expect(try await product(id)["title"] == "First")
        let lines = [id, "search", "b"].map { "{\"external_id\": \"\($0)\", \"title\": \"Third\"}\n" }.joined()
        let shown = try await bench.importFile(Data(lines.utf8))
        #expect(shown["accepted"] == 1 && shown["refused"] == 2, "\(shown)")
        // One that is an identifier of no product is as good as any other.
        _ = try await bench.call("products.upsert", ["external_id": "0190aaaa-bbbb-7ccc-8ddd-eeeeffff0000"])
    }

    // MARK: The files themselves

    @Test(
        .enabled(if: SharedData.has(folder), Comment(rawValue: SharedData.reason(folder))),
        arguments: [("csv/cr-only.csv", 2), ("csv/sep-line.csv", 1), ("zip/jfif.zip", 2), ("zip/backslashes.zip", 2)])
    func aFileOfAPersonIsImported(name: String, accepted: Int) async throws {
        let file = try Data(contentsOf: SharedData.url("\(Self.folder)/\(name)"))
        let shown = try await bench.importFile(file)
        #expect(shown["state"] == "completed" && shown["accepted"] == .int(Int64(accepted)), "\(shown)")
        #expect(shown["refused"] == 0, "\(shown)")
        if name == "csv/sep-line.csv" { #expect(try await product("se-1")["title"] == "Oat drink") }
    }
}
