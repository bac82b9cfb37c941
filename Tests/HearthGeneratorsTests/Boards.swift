import Foundation
import HearthCore
import HearthGenerators
import HearthTesting
import HearthVips

/// Recipes and pictures for tests of generators.
enum Boards {
    static let grade = BoardGrade(
        top: "#0d0a2c", bottom: "#c2378f", accent: "#2ce6f5", grain: 0.35, line: 0.6, motif: .city)

    static func recipe(
        _ prompt: String = "Mira walks through the rain", kind: OutputKind = .image, width: Int = 640,
        height: Int = 360,
        seconds: Double? = nil, seed: Int64 = 42, motif: BoardGrade.Motif = .city, references: Int = 0,
        project: String = "Lantern Woods", character: String = "Mira"
    ) -> Recipe {
        var grade = grade
        grade.motif = motif
        return Recipe(
            generator: kind == .image ? "storyboard" : "animatic", kind: kind, prompt: prompt, stylePreset: "cyberpunk",
            positive: prompt, negative: "", width: width, height: height, seconds: seconds,
            framesPerSecond: kind == .video ? 24 : nil, seed: seed, steps: 15, sampler: "dpmpp_2m", scheduler: "karras",
            guidance: 7, referenceWeight: 0.8,
            references: (0..<references).map { index in
                RecipeReference(
                    purpose: .character, sha256: "\(index)", anchorID: "a\(index)", characterID: "c",
                    characterName: character, role: index == 0 ? "primary" : "side")
            },
            shot: ShotNote(project: project, number: 7, styleName: "Cyberpunk", grade: grade))
    }

    /// A picture of one colour; of a cutout only the middle half is not transparent.
    static func picture(
        _ painter: VipsPainter, width: Int, height: Int, _ colour: RGBColour = RGBColour(200, 60, 40)
    ) throws -> Data {
        let svg = """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)">\
            <rect width="100%" height="100%" fill="\(colour.hex)"/></svg>
            """
        return try painter.paint(Painting(size: PixelSize(width: width, height: height), layers: [.drawing(svg)]))
    }

    /// A figure on a transparent ground: a red box inside a picture, as an uncompressed PNG.
    static func cutout(width: Int, height: Int, figure: PixelBox) -> Data {
        var rows: [UInt8] = []
        for y in 0..<height {
            rows.append(0)
            for x in 0..<width {
                let isInside = figure.contains(PixelBox(x: x, y: y, width: 1, height: 1))
                rows += isInside ? [200, 40, 30, 255] : [0, 0, 0, 0]
            }
        }
        var packed: [UInt8] = [0x78, 1]
        for start in stride(from: 0, to: rows.count, by: 65_535) {
            let part = rows[start..<min(start + 65_535, rows.count)]
            let (count, isLast) = (UInt16(part.count), start + 65_535 >= rows.count)
            packed += [isLast ? 1 : 0, UInt8(count & 255), UInt8(count >> 8), UInt8(~count & 255), UInt8(~count >> 8)]
            packed += part
        }
        var (low, high): (UInt32, UInt32) = (1, 0)
        for byte in rows {
            low = (low + UInt32(byte)) % 65_521
            high = (high + low) % 65_521
        }
        packed += bigEndian(high << 16 | low)
        return Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
            + chunk("IHDR", bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [8, 6, 0, 0, 0])
            + chunk("IDAT", packed) + chunk("IEND", [])
    }

    private static func chunk(_ type: String, _ body: [UInt8]) -> Data {
        let typed = Data(type.utf8) + Data(body)
        let sum = typed.withUnsafeBytes { CRC32.checksum($0) }
        return Data(bigEndian(UInt32(body.count))) + typed + Data(bigEndian(sum))
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
}
