import Foundation

/// The files beside an ONNX graph that hold its larger tensors (ONNX, "external data"), found in the graph itself.
///
/// They decide about the vectors as the graph does, so a manifest has to list them. Only the frames of messages are
/// read (github.com/onnx/onnx, `onnx.proto3`); weights are passed over.
enum ExternalData {
    /// Names of files that a graph reads, as it writes them: relative to its own folder. None for a graph of another
    /// kind, and for bytes that are no graph at all, which its loader refuses.
    static func names(inGraph path: String) -> Set<String> {
        guard path.hasSuffix(".onnx"), FileDigest.bytes(of: path) != nil,
            let bytes = try? Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
        else { return [] }
        return names(inGraph: bytes)
    }

    /// The same for the bytes of an ONNX graph.
    static func names(inGraph bytes: Data) -> Set<String> {
        bytes.withUnsafeBytes { bytes in
            var walk = Walk(bytes: bytes)
            walk.visit(.model, in: 0..<bytes.count, depth: 0)
            return walk.names
        }
    }

    /// Messages on the way to a tensor.
    private enum Message {
        case model, training, graph, node, attribute, sparseTensor, tensor, function, entry

        /// The messages of fields that may hold a tensor.
        func inner(_ field: UInt64) -> Message? {
            switch (self, field) {
            case (.model, 7), (.training, 1), (.training, 2), (.attribute, 6), (.attribute, 11): .graph
            case (.model, 20): .training
            case (.model, 25): .function
            case (.graph, 1), (.function, 7): .node
            case (.node, 5), (.function, 11): .attribute
            case (.graph, 5), (.attribute, 5), (.attribute, 10), (.sparseTensor, 1), (.sparseTensor, 2): .tensor
            case (.graph, 15), (.attribute, 22), (.attribute, 23): .sparseTensor
            case (.tensor, 13): .entry
            default: nil
            }
        }
    }

    private struct Walk {
        /// Graphs within attributes of graphs; models have two levels.
        static let maximumDepth = 64

        let bytes: UnsafeRawBufferPointer
        var names: Set<String> = []

        mutating func visit(_ message: Message, in range: Range<Int>, depth: Int) {
            var position = range.lowerBound
            var (key, value) = (Range<Int>?.none, Range<Int>?.none)
            while let field = field(&position, before: range.upperBound) {
                guard let content = field.content else { continue }
                if message == .entry {
                    if field.number == 1 { key = content }
                    if field.number == 2 { value = content }
                } else if let inner = message.inner(field.number), depth < Self.maximumDepth {
                    visit(inner, in: content, depth: depth + 1)
                }
            }
            guard let key, let value, bytes[key].elementsEqual("location".utf8),
                let name = String(validating: bytes[value], as: UTF8.self)
            else { return }
            names.insert(name)
        }

        /// The next field, and the bytes of one that has a length; nil at the end, and where nothing is to be read.
        private func field(_ position: inout Int, before end: Int) -> (number: UInt64, content: Range<Int>?)? {
            guard position < end, let tag = varint(&position, before: end) else { return nil }
            switch tag & 7 {
            case 0: return varint(&position, before: end).map { _ in (tag >> 3, nil) }
            case 1: return skip(8, &position, before: end) ? (tag >> 3, nil) : nil
            case 5: return skip(4, &position, before: end) ? (tag >> 3, nil) : nil
            case 2:
                guard let length = varint(&position, before: end).flatMap({ Int(exactly: $0) }) else { return nil }
                let start = position
                return skip(length, &position, before: end) ? (tag >> 3, start..<position) : nil
            default: return nil
            }
        }

        private func skip(_ count: Int, _ position: inout Int, before end: Int) -> Bool {
            guard count <= end - position else { return false }
            position += count
            return true
        }

        private func varint(_ position: inout Int, before end: Int) -> UInt64? {
            var value: UInt64 = 0
            for shift in stride(from: UInt64(0), to: 64, by: 7) {
                guard position < end else { return nil }
                let byte = bytes[position]
                position += 1
                value |= UInt64(byte & 0x7F) << shift
                if byte & 0x80 == 0 { return value }
            }
            return nil
        }
    }
}
