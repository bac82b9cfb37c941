import Foundation

/// Bodies as they come and go: the same ones in each run.
enum BenchBody {
    /// What registers a picture.
    struct Registration: Codable, Equatable {
        var project = "Lantern Woods"
        var name = "Mira"
        var role = "front"
        var image: Data

        enum CodingKeys: String, CodingKey {
            case project, name, role
            case image = "image_base64"
        }

        init(bytes: Int) { image = BenchBody.bytes(bytes) }
    }

    /// A vector, as answers and records have it.
    struct Vector: Codable, Equatable {
        var vector: [Float]

        init(count: Int) {
            var random = BenchTexts.Congruence(state: 0x5EED)
            vector = (0..<count).map { _ in Float(random.fraction() - 0.5) / 8 }
        }
    }

    /// Records as catalogues have them.
    struct Records: Codable, Equatable {
        var records: [Record]

        struct Record: Codable, Equatable {
            var id: String
            var title: String
            var price: Double
            var stock: Int
            var organic: Bool
            var brand: String?
        }

        init(count: Int) {
            records = (0..<count).map { number in
                Record(
                    id: "sku-\(number)", title: "Oat drink, \(number % 7) litres, \"plain\"",
                    price: Double(number % 1_000) / 8, stock: number % 90, organic: number.isMultiple(of: 3),
                    brand: number.isMultiple(of: 5) ? nil : "Ours")
            }
        }
    }

    /// Bytes without a pattern, as those of a compressed picture.
    static func bytes(_ count: Int) -> Data {
        var random = BenchTexts.Congruence(state: 0x5EED)
        return Data((0..<count).map { _ in UInt8(random.below(256)) })
    }
}
