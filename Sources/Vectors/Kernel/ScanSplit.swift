import Dispatch
import Foundation

/// A segment, and which of its rows take part.
package struct ScanSegment {
    package let view: QuantisedMatrixView
    /// Bit r % 64 of word r / 64 says whether row r of the view takes part; nil for all rows.
    package let bitmap: UnsafePointer<UInt64>?
    /// Called before the floats of some rows are read, on the thread of the search.
    let verify: ((Range<Int>) throws -> Void)?

    /// - Parameter verify: makes sure that the floats of some rows of the view are what was written, or throws.
    package init(
        _ view: QuantisedMatrixView, bitmap: UnsafePointer<UInt64>? = nil,
        verify: ((Range<Int>) throws -> Void)? = nil
    ) {
        self.view = view
        self.bitmap = bitmap
        self.verify = verify
    }
}

/// How the work of a search is split over cores. The answer does not depend on it.
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

    /// Does the parts of some work, on as many threads as there are parts; the caller's is one of them, so that a busy
    /// machine only takes longer.
    func run(_ parts: Int, _ body: @Sendable (Int) -> Void) {
        if parts == 1 { body(0) } else { DispatchQueue.concurrentPerform(iterations: parts, execute: body) }
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
