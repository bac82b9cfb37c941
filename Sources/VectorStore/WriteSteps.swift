import HearthCore

extension Array {
    /// Divides what is to be written into steps, each of which holds the only writer for a short time: at most
    /// `Limits.stepItems` of them, and `Limits.stepBytes` unless a single one has more.
    package func writeSteps(bytes: (Element) -> Int) -> [ArraySlice<Element>] {
        var steps: [ArraySlice<Element>] = []
        var (start, total) = (startIndex, 0)
        for index in indices {
            let size = bytes(self[index])
            if index > start, index - start == Limits.stepItems || total + size > Limits.stepBytes {
                steps.append(self[start..<index])
                (start, total) = (index, 0)
            }
            total += size
        }
        if start < endIndex { steps.append(self[start...]) }
        return steps
    }
}

extension CollectionTable.Record {
    /// About what its row takes.
    package var storedBytes: Int {
        vector.count * MemoryLayout<Float>.size + (payload?.utf8.count ?? 0) + (document?.utf8.count ?? 0)
    }
}
