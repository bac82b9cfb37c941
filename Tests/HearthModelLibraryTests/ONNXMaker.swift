import Foundation

/// Writes the frames of ONNX graphs: messages within messages, and tensors whose data lie in other files.
enum ONNXMaker {
    /// A graph with one tensor in each of these files: among its weights, in an attribute, and in a graph within.
    static func graph(reading names: [String]) -> Data {
        var content = Data()
        for name in names {
            let tensor = tensor(in: name)
            content += field(5, tensor)
            let attribute = field(5, field(5, tensor))
            content += field(1, attribute)
            content += field(1, field(5, field(6, field(5, tensor))))
        }
        // Weights within the graph are passed over: these look like the frames of others.
        content += field(5, field(9, Data([0x6A, 0x7F, 0xFF, 0xFF])))
        return Data([0x08, 0x08]) + field(7, content) + field(8, Data([0x10, 0x11]))
    }

    private static func tensor(in name: String) -> Data {
        let entries = [("location", name), ("offset", "0"), ("length", "416")]
        return Data([0x70, 0x01])
            + entries.reduce(Data()) { $0 + field(13, field(1, Data($1.0.utf8)) + field(2, Data($1.1.utf8))) }
    }

    /// A field with a length.
    private static func field(_ number: Int, _ content: Data) -> Data {
        varint(number << 3 | 2) + varint(content.count) + content
    }

    private static func varint(_ value: Int) -> Data {
        var (rest, bytes) = (value, Data())
        while rest > 0x7F {
            bytes.append(UInt8(rest & 0x7F | 0x80))
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}
