import Dispatch
import Foundation

/// A segment, and which of its rows take part.
package struct ScanSegment {
    package let view: QuantisedMatrixView
    /// Bit r % 64 of word r / 64 says whether row r of the view takes part; nil for all rows.
    package let bitmap: UnsafePointer<UInt64>?

    package init(_ view: QuantisedMatrixView, bitmap: UnsafePointer<UInt64>? = nil) {
        self.view = view
        self.bitmap = bitmap
    }
}

/// A whole search over segments: scan of the codes, rescoring by the floats, and the work split over cores.
///
/// The answer does not depend on the split.
package struct ScanSplit {
    /// Parts at most.
    package var cores = Self.machineCores
    package var instructions = InstructionSet.chosen

    /// The least that a core is given, so that rows of 4 MB (8,192 of 512 components) are the first to be split.
    ///
    /// Reading 4 MB took 146 µs on one core and 75 µs on two (EPYC 9005, medians); starting the second one takes some
    /// microseconds, but it may have other work to do.
    package static let bytesPerPart = 2 << 20

    /// Read once: the system answers from files, which takes as long as the scan of a small collection.
    private static let machineCores = ProcessInfo.processInfo.activeProcessorCount

    package init() {}

    /// The closest rows to each query, closest first, with exact scores as keys.
    /// - Parameters:
    ///   - isExact: looks at the floats of all rows instead of the codes.
    /// - Returns: for each query min(k, rows that take part) candidates.
    package func search(
        _ segments: [ScanSegment], queries: [ScanQuery], k: Int, isExact: Bool = false
    ) -> [[ScanCandidate]] {
        guard k > 0 else { return queries.map { _ in [] } }
        let rows = segments.reduce(0) { $0 + $1.view.rows }
        let capacity = min(isExact ? k : ScanKernel.candidates(for: k), rows)
        let heaps = scan(segments, queries, capacity: capacity, isExact: isExact)
        if isExact { return heaps.map(\.sorted) }
        let views = segments.map(\.view)
        return zip(queries, heaps).map { query, heap in
            ScanKernel.rescore(heap, query: query, views: views, k: k, instructions: instructions)
        }
    }

    /// The candidates of each query, before they are rescored.
    package func scan(
        _ segments: [ScanSegment], _ queries: [ScanQuery], capacity: Int, isExact: Bool
    ) -> [TopK] {
        let parts = Self.parts(of: segments.map(\.view), cores: cores, bytesPerComponent: isExact ? 4 : 1)
        let heaps = parts.map { _ in queries.map { _ in TopK(capacity: capacity) } }
        let work = Work(
            parts: parts, segments: segments, queries: queries, heaps: heaps, isExact: isExact,
            instructions: instructions)
        if parts.count == 1 {
            work.scan(0)
        } else {
            // The calling thread takes part, so that a busy machine only takes longer.
            DispatchQueue.concurrentPerform(iterations: parts.count) { work.scan($0) }
        }
        for other in heaps.dropFirst() {
            for (heap, more) in zip(heaps[0], other) { heap.merge(more) }
        }
        return heaps[0]
    }

    /// What several threads share while a scan runs.
    ///
    /// `@unchecked Sendable`: each part has heaps of its own, and the rest is only read.
    private struct Work: @unchecked Sendable {
        let parts: [[Piece]]
        let segments: [ScanSegment]
        let queries: [ScanQuery]
        let heaps: [[TopK]]
        let isExact: Bool
        let instructions: InstructionSet

        func scan(_ part: Int) {
            for piece in parts[part] {
                let segment = segments[piece.segment]
                let scan = isExact ? ScanKernel.scanExact : ScanKernel.scan
                scan(segment.view, piece.rows, queries, segment.bitmap, heaps[part], instructions)
            }
        }
    }

    /// Neighbouring rows of one segment.
    struct Piece: Equatable {
        let segment: Int
        let rows: Range<Int>
    }

    /// Divides rows into parts of about the same bytes, each at least one, none of which begins within a word of a
    /// bitmap.
    static func parts(of views: [QuantisedMatrixView], cores: Int, bytesPerComponent: Int) -> [[Piece]] {
        let bytes = views.reduce(0) { $0 + $1.rows * $1.stride * bytesPerComponent }
        let count = max(1, min(cores, bytes / bytesPerPart))
        var parts = [[Piece]](repeating: [], count: count)
        let goal = (bytes + count - 1) / count
        var (part, rest) = (0, goal)
        for (segment, view) in views.enumerated() {
            let rowBytes = max(view.stride * bytesPerComponent, 1)
            var begin = 0
            while begin < view.rows {
                let isLast = part == count - 1
                let wanted = isLast ? view.rows : begin + max((rest / rowBytes + 63) / 64 * 64, 64)
                let end = min(wanted, view.rows)
                parts[part].append(Piece(segment: segment, rows: begin..<end))
                rest -= (end - begin) * rowBytes
                if rest <= 0 && !isLast { (part, rest) = (part + 1, goal) }
                begin = end
            }
        }
        return parts
    }
}
