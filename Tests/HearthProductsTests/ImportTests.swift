import Foundation
import HearthCore
import HearthJSON
import HearthJobs
import HearthTesting
import Testing

@testable import HearthProducts

@Suite(.timeLimit(.minutes(3))) struct ImportTests {
    private let bench: ProductBench

    init() async throws { bench = try await ProductBench() }

    private func lines(_ count: Int, from start: Int = 0) -> Data {
        Data(
            (start..<start + count).map { "{\"external_id\": \"sku-\($0)\", \"title\": \"Product \($0)\"}\n" }.joined()
                .utf8)
    }

    private func problems(_ shown: JSONValue) -> [Int64] {
        (shown["errors"]?.arrayValue ?? []).compactMap { $0["line"]?.integerValue }
    }

    @Test func linesOfJSONBecomeProducts() async throws {
        let picture = ProductBench.picture(1).base64EncodedString()
        let file = """
            {"external_id": "a", "title": "Oat drink", "attributes": {"litres": 1}, "images_base64": ["\(picture)"]}

            {"external_id": "b", "title": 7}
            {"external_id": "c"
            not JSON
            {"title": "no id"}
            {"external_id": "d", "attributes": {"a": {"b": 1}}}
            {"external_id": "e", "images_base64": ["AAAA"]}
            {"external_id": "f", "images": ["x.jpg"]}
            {"external_id": "g", "template": "grocery"}
            """
        let shown = try await bench.importFile(Data(file.utf8), ["template": "given"])
        #expect(shown["state"] == "completed" && shown["format"] == nil)
        #expect(shown["accepted"] == 2 && shown["refused"] == 7)
        #expect(problems(shown) == [3, 4, 5, 6, 7, 8, 9])
        #expect(try await bench.call("products.get", ["product": "g"])["template"] == "grocery")
        #expect(try await bench.call("products.get", ["product": "a"])["template"] == "given")
        #expect(try await bench.files().count == 1, "a refused row leaves no file")
        #expect(try await bench.files("imports").isEmpty == false, "what was read is removed afterwards")
        try await bench.finishDeletions()
        #expect(try await bench.files("imports").isEmpty)
        #expect(try await bench.count("product_import_pieces") == 0)
        #expect(bench.found(try await bench.scan(1)) == ["a"], "and they are embedded")
    }

    @Test func recordsOfCSVBecomeProducts() async throws {
        let file = #"""
            \#u{FEFF}SKU,Title,Description,Brand,images
            a,Oat drink,"two
            lines, and a ""quote""",Ours,
            b,Rye bread,,,
            c,"stray"quote,,,
            d,too,many,fields,here,now
            e,quote"in the middle,,,
            f,fine,,,
            g,"never closed,,,
            h,fine as well,,,
            """#
        let shown = try await bench.importFile(Data(file.replacing("\n", with: "\r\n").utf8))
        #expect(shown["accepted"] == 4 && shown["refused"] == 4)
        #expect(problems(shown) == [5, 6, 7, 9])
        let product = try await bench.call("products.get", ["product": "a"])
        #expect(product["attributes"] == ["Brand": "Ours"])
        #expect(product["description"]?.stringValue?.contains("and a \"quote\"") == true)
        _ = try await bench.call("products.get", ["product": "h"])
    }

    /// A column of any name is an attribute, so that a misspelt one is no error; it is asked about all the same.
    @Test func aMisspeltColumnIsAskedAbout() async throws {
        func notes(_ file: String) async throws -> [String] {
            let shown = try await bench.importFile(Data(file.utf8))
            let jobs = try await bench.jobs("products.imports.run")
            let job = jobs.first { $0.jobID == shown["job_id"]?.stringValue }
            return (job?.result?["notes"]?.arrayValue ?? []).compactMap(\.stringValue)
        }
        #expect(try await notes("external_id,title,price,Brand\na,Oat drink,2,Ours\n") == [])
        #expect(
            try await notes("external_id,title,pirce\nb,Rye bread,3\n") == [
                "The column `pirce` is kept as an attribute. Did you mean `price`?"
            ])
        #expect(
            try await notes("external_id,titel,price\nc,Tea,3\n") == [
                "The column `titel` is kept as an attribute. Did you mean `title`?"
            ])
        let shown = try await bench.importFile(Data("extrenal_id,title\nd,Tea\n".utf8))
        #expect(shown["failure"]?.stringValue?.contains("Did you mean `external_id` by `extrenal_id`?") == true)
    }

    @Test func linesThatAreNotUTF8CostThemselves() async throws {
        var file = Data("external_id;title\na;good\nb;".utf8)
        file += [0xE9, 0x74, 0xE9]
        file += Data("\nc;good\n".utf8)
        let shown = try await bench.importFile(file)
        #expect(shown["accepted"] == 2 && problems(shown) == [3])
    }

    @Test(arguments: [
        Data("title,price\na,b\n".utf8), Data("external_id,external_id\na,b\n".utf8),
        Data([0xFF, 0xFE, 0x61, 0x00]), Data("PK\u{3}\u{4}no zip at all, but long enough for one".utf8),
        Data("\"external_id\n".utf8),
    ]) func aFileThatCannotBeUsedFailsAsAWhole(file: Data) async throws {
        let shown = try await bench.importFile(file)
        #expect(shown["state"] == "failed" && shown["failure"]?.stringValue?.isEmpty == false)
        #expect(try await bench.count("products") == 0)
    }

    @Test func anArchiveOfFoldersIsOneProductAFolder() async throws {
        let file = ZipMaker.make([
            ("shop/oat/view1.gif", ProductBench.picture(1)), ("shop/oat/view2.gif", ProductBench.picture(2)),
            ("shop/oat/description.txt", Data("Oat drink".utf8)), ("shop/rye/view1.gif", ProductBench.picture(3)),
            ("shop/bad/view1.gif", Data("no picture".utf8)), ("__MACOSX/oat/._view1.gif", Data([1])),
            ("shop/.hidden/view.gif", ProductBench.picture(4)),
        ])
        let shown = try await bench.importFile(file, ["format": "zip"])
        #expect(shown["accepted"] == 2 && shown["refused"] == 1, "\(shown)")
        let product = try await bench.call("products.get", ["product": "oat"])
        #expect(product["images"]?.arrayValue?.count == 2 && product["description"] == "Oat drink")
        #expect(bench.found(try await bench.scan(3)).first == "rye")
        #expect(try await bench.files().count == 3)
    }

    @Test func anArchiveWithAListTakesPicturesByTheirNames() async throws {
        let list = """
            external_id,title,images
            a,Oat drink,pictures/1.gif|pictures/2.gif
            b,Rye bread,pictures/missing.gif
            """
        let file = ZipMaker.make([
            ZipMaker.Entry(
                name: "export/products.csv", bytes: Data(list.utf8), packed: ZipMaker.deflated(Data(list.utf8))),
            ZipMaker.Entry(name: "export/pictures/1.gif", bytes: ProductBench.picture(1)),
            ZipMaker.Entry(
                name: "export/pictures/2.gif", bytes: ProductBench.picture(2),
                packed: ZipMaker.deflated(ProductBench.picture(2))),
        ])
        let shown = try await bench.importFile(file)
        #expect(shown["accepted"] == 1 && problems(shown) == [3])
        #expect(bench.found(try await bench.scan(2)) == ["a"])
    }

    @Test func aPictureThatARowNamesOftenIsReadOnceAndWrittenOnce() async throws {
        let names = (Array(repeating: "1.gif", count: 20) + ["same.gif", "2.gif"]).joined(separator: "|")
        let file = ZipMaker.make([
            ("products.csv", Data("external_id,images\na,\(names)\n".utf8)),
            ("1.gif", ProductBench.picture(1)), ("same.gif", ProductBench.picture(1)),
            ("2.gif", ProductBench.picture(2)),
        ])
        let shown = try await bench.importFile(file)
        #expect(shown["accepted"] == 1 && shown["refused"] == 0)
        let images = try await bench.call("products.get", ["product": "a"])["images"]?.arrayValue
        #expect(images?.count == 2)
        #expect(try await bench.files().count == 2)
    }

    @Test func picturesOfARowThatAreTooMuchTogetherAreRefusedBeforeOneIsUnpacked() async throws {
        // As the directory says; the entries themselves are too short for it, which unpacking would notice.
        let length = Limits.importPictureBytes / 3
        let packed = Data(repeating: 0, count: length / Limits.zipRatio + 1)
        let pictures = (0..<4).map { ZipMaker.Entry(name: "\($0).gif", packed: packed, length: length) }
        let list = "external_id,images\na,0.gif|1.gif|2.gif|3.gif\nb,\n"
        let file = ZipMaker.make([ZipMaker.Entry(name: "products.csv", bytes: Data(list.utf8))] + pictures)
        let shown = try await bench.importFile(file)
        #expect(shown["accepted"] == 1 && problems(shown) == [2])
        let message = shown["errors"]?[0]?["message"]?.stringValue ?? ""
        #expect(message.contains("The pictures of the row have \(4 * length) bytes"), "\(message)")
    }

    @Test func piecesOfAnImportAreLimited() async throws {
        let begun = try await bench.call("products.imports.begin", ["format": "jsonl"])
        let id = try #require(begun["import_id"]?.stringValue)
        try await bench.store.write { db in
            for start in 0..<Limits.importPieces {
                try db.execute(
                    """
                    INSERT INTO product_import_pieces (import_id, start, bytes, path)
                    VALUES (\(id), \(start), 1, \("imports/\(start)"))
                    """)
            }
            try db.execute("UPDATE product_imports SET bytes = \(Limits.importPieces) WHERE id = \(id)")
        }
        let error = await #expect(throws: HearthError.self) {
            try await bench.call(
                "products.imports.append",
                ["import_id": .string(id), "offset": .int(Int64(Limits.importPieces))], attachment: Data([1]))
        }
        #expect(error?.code == .invalidRequest)
        try await bench.call("products.imports.delete", ["import_id": .string(id)])
        #expect(try await bench.count("product_import_pieces") == 0)
        #expect(try await bench.count("product_imports") == 0)
        #expect(try await bench.files("imports").isEmpty, "the refused piece is gone as well")
    }

    @Test func aFileMayComeInPieces() async throws {
        let file = lines(30)
        let begun = try await bench.call("products.imports.begin", ["format": "jsonl"])
        let id = begun["import_id"] ?? .null
        var offset = 0
        for piece in [file.prefix(1), file[1..<200], file[200...]] {
            let shown = try await bench.call(
                "products.imports.append", ["import_id": id, "offset": .int(Int64(offset))], attachment: Data(piece))
            offset += piece.count
            #expect(shown["bytes"] == .int(Int64(offset)))
        }
        let error = await #expect(throws: HearthError.self) {
            try await bench.call("products.imports.append", ["import_id": id, "offset": 0], attachment: file)
        }
        #expect(error?.code == .conflict && error?.hint == "Go on with offset \(file.count).")
        #expect(try await bench.files("imports").count == 3, "the refused piece is gone")
        try await bench.call("products.imports.start", ["import_id": id])
        try await bench.runJobs()
        #expect(try await bench.call("products.imports.get", ["import_id": id])["accepted"] == 30)
    }

    @Test func anAttemptGoesOnWhereTheOneBeforeWasStopped() async throws {
        let file = lines(200)
        let begun = try await bench.call("products.import", [:], attachment: file)
        let id = try #require(begun["import_id"]?.stringValue)
        // As an attempt leaves it that was killed after its first step.
        var reader = JSONLinesReader(MemorySource(file))
        var position = 0
        for _ in 0..<Limits.importRows { position = try #require(try await reader.next()).next }
        let step = ProductTable.ImportStep(
            from: 0, to: position, line: Limits.importRows, accepted: Limits.importRows, problems: [])
        try await bench.store.write { db in try ProductTable().advanceImport(id, step, in: db, now: 1) }
        try await bench.runJobs()
        let shown = try await bench.call("products.imports.get", ["import_id": .string(id)])
        #expect(shown["accepted"] == 200 && shown["line"] == 200 && shown["state"] == "completed")
        #expect(try await bench.count("products") == Int64(200 - Limits.importRows), "the first were not made again")
    }

    @Test func aStepThatSomebodyElseHasMadeLeavesNothing() async throws {
        let begun = try await bench.call("products.import", [:], attachment: lines(3))
        let id = try #require(begun["import_id"]?.stringValue)
        let step = ProductTable.ImportStep(from: 7, to: 9, line: 1, accepted: 1, problems: [])
        await #expect(throws: JobFailure.self) {
            try await bench.store.write { db in
                let draft = try ProductDraft(
                    externalID: "ghost", template: nil, sourceType: nil, title: nil, description: nil, attributes: nil)
                try ProductTable().insert(draft, id: Identifier.make(), tenant: .local, in: db, now: 1)
                try ProductTable().advanceImport(id, step, in: db, now: 1)
            }
        }
        #expect(try await bench.count("products") == 0)
    }

    @Test func anImportOfAnotherTenantIsNotThere() async throws {
        let begun = try await bench.call("products.imports.begin", [:])
        let other = Tenant(rawValue: "other")
        let id = begun["import_id"] ?? .null
        for name in [
            "products.imports.get", "products.imports.start", "products.imports.delete", "products.imports.errors",
        ] {
            let error = await #expect(throws: HearthError.self) {
                try await bench.call(name, ["import_id": id], tenant: other)
            }
            #expect(error?.code == .notFound, "\(name)")
        }
        let error = await #expect(throws: HearthError.self) {
            try await bench.call(
                "products.imports.append", ["import_id": id, "offset": 0], attachment: Data([1]), tenant: other)
        }
        #expect(error?.code == .notFound)
        #expect(try await bench.call("products.imports.list", [:], tenant: other)["items"]?.arrayValue == [])
    }

    @Test func openImportsAreLimited() async throws {
        for _ in 0..<Limits.openImports { try await bench.call("products.imports.begin", [:]) }
        let error = await #expect(throws: HearthError.self) { try await bench.call("products.imports.begin", [:]) }
        #expect(error?.code == .overloaded)
    }

    @Test func errorsAreKeptUpToTheirLimitAndCounted() async throws {
        let file = Data(String(repeating: "broken\n", count: Limits.importErrors + 50).utf8)
        let shown = try await bench.importFile(file, ["format": "jsonl"])
        #expect(shown["refused"] == .int(Int64(Limits.importErrors + 50)))
        #expect(try await bench.count("product_import_errors") == Int64(Limits.importErrors))
        let page = try await bench.call(
            "products.imports.errors", ["import_id": shown["import_id"] ?? .null, "after_line": 500, "limit": 2])
        #expect(page["errors"]?.arrayValue?.compactMap { $0["line"]?.integerValue } == [501, 502])
    }
}
