package import Crypto
import HearthCore
import HearthJSON

extension ModelManifest {
    /// SHA-256 in hex over all that decides about the vectors: weights, preprocessing and output.
    ///
    /// Names, licences and descriptions do not count: two folders with equal digests give equal vectors.
    var digest: String {
        var lines = ["hearth-model-1", kind.rawValue, weights]
        lines += files.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        if let image {
            let numbers = ([image.scale] + image.mean + image.std + image.background)
                .map { String($0.bitPattern, radix: 16) }
            lines += [
                "\(image.width)x\(image.height)", image.resize.rawValue, image.interpolation.rawValue,
                image.channels.rawValue, image.layout.rawValue, numbers.joined(separator: ","),
            ]
            // What Hearth itself does with pixels: since 2, small pictures are enlarged as references do it.
            lines.append("pixels=2")
        }
        if let output { lines += Self.lines(of: output) }
        if let postprocess {
            lines += ["postprocess=\(postprocess.name)", Self.canonical(postprocess.settings ?? .null)]
        }
        if let text {
            // Lengths keep a line break in one prefix from being taken for the next line.
            let prefixes = [text.queryPrefix, text.documentPrefix].map { "\($0.utf8.count):\($0)" }
            lines += [
                "tokenizer=\(text.tokenizer)", "tokens=\(text.maximumTokens)", text.padding.rawValue,
                text.pooling.rawValue, text.weights ?? "",
            ]
            lines += prefixes + (text.output.map(Self.lines) ?? [])
        }
        return SHA256.hash(data: Array(lines.joined(separator: "\n").utf8)).hexadecimal
    }

    /// Text that depends on what a value says and not on the order of its keys.
    private static func canonical(_ value: JSONValue) -> String {
        switch value {
        case .array(let values): return "[\(values.map(canonical).joined(separator: ","))]"
        case .object(let object):
            let members = object.sortedByKey().members.map { member in
                "\(JSONValue.string(member.key).encodedText()):\(canonical(member.value))"
            }
            return "{\(members.joined(separator: ","))}"
        default: return value.encodedText()
        }
    }

    private static func lines(of output: Output) -> [String] {
        ["output=\(output.name ?? "")", "dims=\(output.dims)", "normalise=\(output.normalise)"]
    }
}

extension Digest {
    /// The digest in lower-case hex.
    package var hexadecimal: String {
        reduce(into: "") { text, byte in
            text += byte < 16 ? "0" : ""
            text += String(byte, radix: 16)
        }
    }
}
