package import Foundation
import HearthCore
package import HearthJSON

extension ModelManifest {
    /// Why a manifest cannot be used, in one sentence that is safe to show.
    package struct Defect: Error, Sendable, Equatable {
        package let text: String

        package init(text: String) { self.text = text }
    }

    /// Reads a `model.json` strictly: a key that is not known is an error, because it was meant to do something.
    ///
    /// Says nothing about the values; `defect` does.
    package static func read(_ data: Data) -> Result<ModelManifest, Defect> {
        guard data.count <= Limits.manifestBytes else {
            return .failure(Defect(text: "model.json has more than \(Limits.manifestBytes >> 20) MB."))
        }
        let value: JSONValue
        do {
            value = try JSONParser.read(data)
        } catch {
            return .failure(Defect(text: "model.json is not JSON: \(error.message)"))
        }
        return read(value)
    }

    /// The same from JSON that has been parsed already.
    package static func read(_ value: JSONValue) -> Result<ModelManifest, Defect> {
        if let defect = unknownKey(in: value) { return .failure(defect) }
        if let defect = unknownWord(in: value) ?? unfitNumber(in: value) { return .failure(defect) }
        do {
            return .success(try JSONDecoder().decode(ModelManifest.self, from: value.encoded()))
        } catch DecodingError.keyNotFound(let key, let context) {
            return .failure(Defect(text: "model.json lacks \"\(place(context.codingPath + [key]))\"."))
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
            return .failure(
                Defect(text: "model.json has a value of the wrong type at \"\(place(context.codingPath))\"."))
        } catch DecodingError.dataCorrupted(let context) {
            return .failure(
                Defect(text: "model.json has a value that is not allowed at \"\(place(context.codingPath))\"."))
        } catch {
            return .failure(Defect(text: "model.json cannot be read."))
        }
    }

    private static func place(_ path: [any CodingKey]) -> String {
        String(path.map(\.stringValue).joined(separator: ".").prefix(80))
    }
}

extension ModelManifest {
    /// Keys of each object of a manifest, by its place; docs/models/model.schema.json has the same.
    private static let keys: [String: Set<String>] = [
        "": [
            "id", "kind", "description", "licence", "commercial", "source", "revision", "aliases", "weights", "files",
            "image", "text", "output", "postprocess", "precision", "group", "goldens", "installed",
        ],
        "image": [
            "width", "height", "resize", "interpolation", "channels", "layout", "scale", "mean", "std", "background",
        ],
        "text": [
            "tokenizer", "maximumTokens", "padding", "pooling", "queryPrefix", "documentPrefix", "weights", "output",
        ],
        "output": outputKeys, "text.output": outputKeys,
        "postprocess": ["name", "settings"],
        "installed": ["from", "at", "licence", "pinned"],
    ]
    private static let outputKeys: Set<String> = ["name", "dims", "normalise"]

    /// Places whose value is one of a few words.
    private static let words: [(place: [String], allowed: [String])] = [
        (["kind"], ModelKind.allCases.filter { $0 != .unknown }.map(\.rawValue)),
        (["image", "resize"], ImagePreprocessing.Resize.allCases.map(\.rawValue)),
        (["image", "interpolation"], ImagePreprocessing.Interpolation.allCases.map(\.rawValue)),
        (["image", "channels"], ImagePreprocessing.ChannelOrder.allCases.map(\.rawValue)),
        (["image", "layout"], ImagePreprocessing.Layout.allCases.map(\.rawValue)),
        (["text", "padding"], TextPreprocessing.Padding.allCases.map(\.rawValue)),
        (["text", "pooling"], TextPreprocessing.Pooling.allCases.map(\.rawValue)),
        (["precision"], ModelManifest.precisions),
    ]

    /// Places of whole numbers, and of numbers that must fit 32 bits; their ranges are the validation's matter.
    private static let wholeNumbers = [
        ["image", "width"], ["image", "height"], ["text", "maximumTokens"], ["output", "dims"],
        ["text", "output", "dims"],
    ]
    private static let numbers = [["image", "scale"], ["image", "mean"], ["image", "std"], ["image", "background"]]

    /// Decoders refuse these too, but cannot say where they are.
    private static func unfitNumber(in value: JSONValue) -> Defect? {
        for path in wholeNumbers {
            guard let number = path.reduce(value, { $0?[$1] }), number.doubleValue != nil,
                number.integerValue == nil
            else { continue }
            return Defect(text: "model.json gives no whole number as \(path.joined(separator: ".")).")
        }
        for path in numbers {
            let found = path.reduce(value, { $0?[$1] })
            let all = found?.arrayValue ?? [found].compactMap { $0 }
            guard all.contains(where: { ($0.doubleValue?.magnitude ?? 0) > Double(Float.greatestFiniteMagnitude) })
            else { continue }
            return Defect(text: "model.json has a number at \(path.joined(separator: ".")) that does not fit 32 bits.")
        }
        return nil
    }

    private static func unknownKey(in value: JSONValue) -> Defect? {
        for (place, known) in keys.sorted(by: { $0.key < $1.key }) {
            let path = place.split(separator: ".").map(String.init)
            guard let object = path.reduce(value, { $0?[$1] })?.objectValue else { continue }
            guard let stray = object.keys.first(where: { !known.contains($0) }) else { continue }
            let name = (path + [stray]).joined(separator: ".").prefix(80)
            return Defect(
                text: "model.json has \"\(name)\", which is not known."
                    + " Known are: \(known.sorted().joined(separator: ", ")).")
        }
        return nil
    }

    private static func unknownWord(in value: JSONValue) -> Defect? {
        for (path, allowed) in words {
            guard let word = path.reduce(value, { $0?[$1] })?.stringValue, !allowed.contains(word) else { continue }
            let list = allowed.joined(separator: ", ")
            return Defect(
                text: "model.json gives \"\(word.prefix(40))\" as \(path.joined(separator: ".")); \(list) are allowed.")
        }
        return nil
    }
}
