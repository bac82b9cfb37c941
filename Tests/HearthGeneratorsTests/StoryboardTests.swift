import Foundation
import HearthCore
import HearthTesting
import HearthVips
import Testing

@testable import HearthGenerators

/// Boards as libvips paints them.
@Suite(.timeLimit(.minutes(5))) struct StoryboardTests {
    private let painter: VipsPainter

    init() throws { painter = try VipsPainter() }

    /// Texts of every script, short and long, with what markup and fonts stumble over.
    private static let prompts = [
        "Mira", "Mira walks through the rain, looks up and smiles at the light in the window",
        "雨の中を歩く少女が空を見上げて微笑む。街の光が水たまりに映る。", "تمشي ميرا في المطر وتنظر إلى السماء وتبتسم",
        "वह बारिश में चलती है और मुस्कुराती है", "미라가 비 속을 걷는다", "<b>bold</b> & \"quotes\" </svg> 🔥🔥", "a\nb\tc",
        String(repeating: "very ", count: 400) + "long", String(repeating: "W", count: 1_500), "…", "\u{200D}\u{200D}x",
    ]

    private func boxes(_ layers: [PaintedLayer]) throws -> [PixelBox] {
        try layers.compactMap { layer in
            guard case .text(let text, let x, let y) = layer else { return nil }
            let size = try painter.size(of: text)
            return PixelBox(x: x, y: y, width: size.width, height: size.height)
        }
    }

    @Test(arguments: prompts, [[1_280, 720], [720, 1_280], [1_024, 1_024], [320, 320], [2_160, 320]])
    func noTextOfASlateIsCutOrLiesOnAnother(prompt: String, size: [Int]) throws {
        let recipe = Boards.recipe(prompt, width: size[0], height: size[1], project: prompt, character: prompt)
        let board = try Storyboard(recipe, references: [], painter: painter)
        let slate = BoardSlate(
            recipe: recipe, layout: board.layout, tone: BoardTone(Boards.grade), text: BoardText(painter: painter))
        let texts = try boxes(try slate.slateTexts())
        for (index, box) in texts.enumerated() {
            #expect(board.layout.slate.contains(box), "text \(index): \(box) in \(board.layout.slate)")
            for other in texts.dropFirst(index + 1) { #expect(!box.overlaps(other), "text \(index): \(box), \(other)") }
        }
        let labels = try slate.labels()
        #expect(labels.boxes.count < 2 || !labels.boxes[0].overlaps(labels.boxes[1]))
        for (box, text) in zip(labels.boxes, try boxes(labels.layers)) { #expect(box.contains(text)) }
    }

    @Test(arguments: [
        [1_280, 720], [720, 1_280], [1_024, 1_024], [512, 512], [320, 320], [1_080, 1_200], [1_100, 1_000],
    ]) func everySlateSaysItsPromptAndNamesItsFacts(size: [Int]) throws {
        let recipe = Boards.recipe("A short lamp", width: size[0], height: size[1])
        let board = try Storyboard(recipe, references: [], painter: painter)
        let slate = BoardSlate(
            recipe: recipe, layout: board.layout, tone: BoardTone(Boards.grade), text: BoardText(painter: painter))
        let words = try slate.slateTexts().compactMap { layer in
            if case .text(let text, _, _) = layer { text.text } else { nil }
        }
        for word in ["A short lamp", "PROJECT", "CHARACTER", "STYLE", "SEED", BoardSlate.honesty] {
            #expect(words.contains(word), "\(words)")
        }
    }

    @Test(arguments: [[640, 360], [90, 400], [33, 33]]) func theSubjectOfAPictureIsASquareOfIt(size: [Int]) throws {
        let picture = try Boards.picture(painter, width: size[0], height: size[1])
        let subject = try InspectedImage(painter.subject(of: picture)).header
        let side = min(size[0], size[1])
        #expect(subject.format == .jpeg && [subject.width, subject.height] == [side, side])
    }

    @Test func theSameRecipeMakesTheSameBytesAndAnotherSeedOthers() throws {
        let picture = try Boards.picture(painter, width: 200, height: 300)
        func bytes(_ seed: Int64) throws -> Data {
            let board = try Storyboard(
                Boards.recipe(seed: seed, references: 1), references: [picture], painter: painter)
            return try painter.paint(try board.painting())
        }
        let first = try bytes(42)
        #expect(try bytes(42) == first)
        #expect(try bytes(43) != first)
    }

    @Test(arguments: BoardGrade.Motif.allCases, [[640, 360], [360, 640], [512, 512]])
    func everyMotifIsPaintedInItsSize(motif: BoardGrade.Motif, size: [Int]) throws {
        let board = try Storyboard(
            Boards.recipe(width: size[0], height: size[1], motif: motif), references: [], painter: painter)
        let header = try ImageProbe.inspect(try painter.paint(try board.painting()))
        #expect(header.width == size[0] && header.height == size[1] && header.format == .png)
    }

    @Test func aCutoutStandsFreeWithoutItsMarginsAndACardKeepsItsOwn() throws {
        let figure = Boards.cutout(
            width: 200, height: 300, figure: PixelBox(x: 80, y: 100, width: 40, height: 120))
        let shape = try painter.shape(of: figure)
        #expect(shape == PictureShape(size: PixelSize(width: 40, height: 120), isCutout: true))
        let board = try Storyboard(Boards.recipe(references: 1), references: [figure], painter: painter)
        #expect(board.layout.placements[0].card == nil)
        #expect(throws: Never.self) { try painter.paint(try board.painting()) }
        let opaque = try Boards.picture(painter, width: 300, height: 900)
        #expect(
            try painter.shape(of: opaque) == PictureShape(size: PixelSize(width: 300, height: 900), isCutout: false))
    }

    @Test func aReferenceThatIsDamagedIsRefused() throws {
        let error = #expect(throws: HearthError.self) {
            try Storyboard(Boards.recipe(references: 1), references: [Data("no picture".utf8)], painter: painter)
        }
        #expect(error?.code == .invalidImage || error?.code == .unsupportedMediaType)
    }

    /// Drawn without blending, as all pictures without alpha are.
    @Test func aPaintedPlaceOnACanvasIsThePlace() throws {
        let board = try Storyboard(Boards.recipe(), references: [], painter: painter)
        let scene = try painter.paint(board.scenePainting())
        let size = board.layout.size
        let again = Painting(
            size: size, layers: [.picture(PaintedPicture(filling: size, scene))], isIntermediate: true)
        #expect(try painter.paint(again) == scene)
    }

    @Test(arguments: [[0, 0, 3, 2], [5, 7, 11, 13], [60, 40, 4, 8], [0, 47, 64, 1], [63, 0, 1, 48], [0, 0, 0, 0]])
    func aDrawingIsTransparentWhereNothingIsDrawn(box: [Int]) throws {
        func drawing(_ shapes: String) -> PaintedLayer {
            .drawing("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"64\" height=\"48\">\(shapes)</svg>")
        }
        let ground = "<rect width=\"64\" height=\"48\" fill=\"#357\"/>"
        let place = "x=\"\(box[0])\" y=\"\(box[1])\" width=\"\(box[2])\" height=\"\(box[3])\""
        let shape = "<rect \(place) fill=\"#fa3\"/>"
        let size = PixelSize(width: 64, height: 48)
        let over = try painter.paint(Painting(size: size, layers: [drawing(ground), drawing(shape)]))
        #expect(try painter.paint(Painting(size: size, layers: [drawing(ground + shape)])) == over)
    }

    /// Its filter covers the shape and little more; a wider one gives the same.
    @Test(arguments: [0.7, 1.9, 2.3, 7, 22]) func aBlurIsNotCutOff(deviation: Double) throws {
        let shapes: [(inout SVGDrawing) -> Void] = [
            { $0.rectangle(120.25, 60.5, 130, 80, .colour(.black), radius: 5, .init(opacity: 0.5, blur: deviation)) },
            { $0.ellipse(160, 100, 70, 9, .colour(.black), .init(blur: deviation, stroke: .white, strokeWidth: 6)) },
        ]
        for shape in shapes {
            var drawing = SVGDrawing(width: 400, height: 240)
            drawing.fill(.colour(RGBColour(200, 220, 240)))
            shape(&drawing)
            let wide = drawing.text.replacing(#/filterUnits="userSpaceOnUse" x="[^>]*"/#) { _ in
                "x=\"-300%\" y=\"-1000%\" width=\"700%\" height=\"2100%\""
            }
            #expect(wide != drawing.text)
            let painted = try [drawing.text, wide].map {
                try painter.paint(Painting(size: PixelSize(width: 400, height: 240), layers: [.drawing($0)]))
            }
            #expect(painted[0] == painted[1])
        }
    }

    @Test func aThumbnailIsASmallJPEG() throws {
        let picture = try Boards.picture(painter, width: 900, height: 300)
        let header = try ImageProbe.inspect(try painter.thumbnail(of: picture, side: 300))
        #expect(header.format == .jpeg && header.width == 300 && header.height == 100)
    }

    @Test func everyColourOfASlateCanBeToldFromItsPaper() {
        for motif in BoardGrade.Motif.allCases {
            for (top, bottom, accent) in [
                ("#000000", "#000000", "#000000"), ("#ffffff", "#ffffff", "#ffffff"), ("#0d0a2c", "#c2378f", "#2ce6f5"),
            ] {
                let tone = BoardTone(
                    BoardGrade(top: top, bottom: bottom, accent: accent, grain: 0, line: 0, motif: motif))
                guard motif != .ink || top != bottom else { continue }
                #expect(abs(tone.accent.luminance - tone.paper.luminance) >= 0.35, "\(motif) \(top)")
            }
        }
    }

    // MARK: The generator

    private func work(_ recipe: Recipe, _ references: [Data], in folder: String, previews: Locked<Int>? = nil)
        -> GenerationWork
    {
        GenerationWork(
            recipe: recipe, references: references, folder: folder, workID: "w", wantsPreviews: previews != nil
        ) { progress in if progress.preview != nil { previews?.withLock { $0 += 1 } } }
    }

    @Test func theGeneratorLeavesAFileThatCarriesItsRecipe() async throws {
        let folder = try TemporaryFolder()
        let threads = BlockingThreads(name: "test", threads: 2)
        defer { threads.stop() }
        let generator = StoryboardGenerator(painter: painter, threads: threads)
        let recipe = Boards.recipe(references: 2)
        let pictures = try [(200, 200), (100, 400)].map { try Boards.picture(painter, width: $0.0, height: $0.1) }
        let previews = Locked(0)
        let made = try await generator.generate(work(recipe, pictures, in: folder.path, previews: previews))
        let bytes = try Data(contentsOf: URL(fileURLWithPath: made.path))
        #expect(try ImageProbe.inspect(bytes).width == 640)
        #expect(bytes.range(of: Data("workflow".utf8)) != nil)
        #expect(made.reference.mechanism == "layout_share" && made.reference.requestedWeight == 0.8)
        let share = try #require(made.reference.effective)
        #expect(share > 0.1 && share < 0.9)
        #expect(previews.withLock { $0 } == 1, "only when they are wanted")
        let alone = try await generator.generate(work(Boards.recipe(), [], in: folder.path))
        #expect(alone.reference.mechanism == "none" && alone.reference.effective == nil)
    }
}
