import Foundation

/// The normalisation forms of Unicode Standard Annex 15, with the characters of Unicode 9, which the reference has.
///
/// The mappings come from Foundation, once a process; the algorithm is here because the reference's older tables must
/// be kept to, and because long runs of marks are sorted here in n log n steps.
struct UnicodeForms: Sendable {
    static let shared = UnicodeForms()

    /// What is known of one scalar.
    private struct Entry {
        /// Where the full canonical decomposition is in `mappings`; no length when it is the scalar itself.
        var canonical: Mapping
        /// The same of the full compatibility decomposition.
        var compatibility: Mapping
        var combiningClass: UInt8
    }

    private struct Mapping {
        var start: UInt16 = 0
        var count: UInt8 = 0
    }

    private static let newestVersion = 9
    private static let pageSize: UInt32 = 128

    /// Index of each page's first entry; -1 when the page has nothing to say.
    private var pages = [Int32](repeating: -1, count: 0x110000 / Int(pageSize))
    private var entries: [Entry] = []
    private var mappings: [UInt32] = []
    /// Primary composites by both their parts, as `first << 32 | second`.
    private var composites: [UInt64: UInt32] = [:]

    /// Ideographs, Hangul syllables and private characters are left out: they have no mappings, or computed ones.
    private static let candidates: [ClosedRange<UInt32>] = [
        0xA0...0x33FF, 0xA000...0xABFF, 0xF900...0x16FFF, 0x1B000...0x1FFFF, 0x2F800...0x2FA1F,
    ]

    private init() {
        let scalars = Self.candidates.joined().compactMap(Unicode.Scalar.init)
            .filter { ScalarClass.isKnown($0, in: Self.newestVersion) }
        // A line break between the scalars keeps their mappings apart: nothing composes or reorders across it.
        let text = scalars.reduce(into: "") { text, scalar in
            text.unicodeScalars.append(scalar)
            text.append("\n")
        }
        let canonical = Self.parts(of: text.decomposedStringWithCanonicalMapping)
        let compatibility = Self.parts(of: text.decomposedStringWithCompatibilityMapping)
        for (index, scalar) in scalars.enumerated() where index < canonical.count && index < compatibility.count {
            let entry = Entry(
                canonical: add(canonical[index], of: scalar), compatibility: add(compatibility[index], of: scalar),
                combiningClass: scalar.properties.canonicalCombiningClass.rawValue)
            guard entry.canonical.count + entry.compatibility.count + entry.combiningClass > 0 else { continue }
            set(entry, of: scalar.value)
        }
        addComposites(of: zip(scalars, canonical))
    }

    private static func parts(of text: String) -> [[UInt32]] {
        var parts: [[UInt32]] = [[]]
        for scalar in text.unicodeScalars {
            if scalar == "\n" { parts.append([]) } else { parts[parts.count - 1].append(scalar.value) }
        }
        return parts
    }

    private mutating func add(_ mapping: [UInt32], of scalar: Unicode.Scalar) -> Mapping {
        guard mapping != [scalar.value], let start = UInt16(exactly: mappings.count) else { return Mapping() }
        mappings += mapping
        return Mapping(start: start, count: UInt8(clamping: mapping.count))
    }

    private mutating func set(_ entry: Entry, of value: UInt32) {
        let page = Int(value / Self.pageSize)
        if pages[page] < 0 {
            pages[page] = Int32(entries.count)
            let nothing = Entry(canonical: Mapping(), compatibility: Mapping(), combiningClass: 0)
            entries += repeatElement(nothing, count: Int(Self.pageSize))
        }
        entries[Int(pages[page]) + Int(value % Self.pageSize)] = entry
    }

    /// A composite's first part is what all but the last scalar of its decomposition compose to.
    private mutating func addComposites(of scalars: some Sequence<(Unicode.Scalar, [UInt32])>) {
        let composed = scalars.filter { $1.count > 1 && !$0.properties.isFullCompositionExclusion }
        let byParts = Dictionary(composed.map { ($1, $0.value) }) { first, _ in first }
        for (scalar, parts) in composed {
            let head = Array(parts.dropLast())
            guard let last = parts.last, let first = head.count == 1 ? head[0] : byParts[head] else { continue }
            composites[UInt64(first) << 32 | UInt64(last)] = scalar.value
        }
    }

    @inline(__always)
    private func entry(_ value: UInt32) -> Entry? {
        guard value < 0x110000 else { return nil }
        let page = pages[Int(value / Self.pageSize)]
        return page < 0 ? nil : entries[Int(page) + Int(value % Self.pageSize)]
    }
}

extension UnicodeForms {
    enum Form {
        case composed
        case decomposed
        case compatiblyComposed
        case compatiblyDecomposed
    }

    /// A text in one of the four forms.
    func normalized(_ bytes: [UInt8], to form: Form) -> [UInt8] {
        guard bytes.contains(where: { $0 >= 0x80 }) else { return bytes }
        let isCompatible = form == .compatiblyComposed || form == .compatiblyDecomposed
        var scalars = decomposed(bytes, isCompatible: isCompatible)
        if form == .composed || form == .compatiblyComposed { compose(&scalars) }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        for value in scalars { UTF8Text.append(value, to: &result) }
        return result
    }

    private func decomposed(_ bytes: [UInt8], isCompatible: Bool) -> [UInt32] {
        var scalars: [UInt32] = []
        scalars.reserveCapacity(bytes.count)
        // The marks behind the last starter wait here, with their classes, to be put in order.
        var marks: [(value: UInt32, combiningClass: UInt8)] = []
        var position = 0
        while position < bytes.count {
            let (value, length) = UTF8Text.scalar(bytes, at: position)
            position += length
            if value < 0xA0 {
                flush(&marks, into: &scalars)
                scalars.append(value)
            } else if (0xAC00...0xD7A3).contains(value) {
                flush(&marks, into: &scalars)
                Self.decomposeSyllable(value, into: &scalars)
            } else if let entry = entry(value) {
                let mapping = isCompatible ? entry.compatibility : entry.canonical
                if mapping.count == 0 {
                    append(value, entry.combiningClass, marks: &marks, into: &scalars)
                    continue
                }
                for value in mappings[Int(mapping.start)..<Int(mapping.start) + Int(mapping.count)] {
                    append(value, combiningClass(value), marks: &marks, into: &scalars)
                }
            } else {
                flush(&marks, into: &scalars)
                scalars.append(value)
            }
        }
        flush(&marks, into: &scalars)
        return scalars
    }

    private func combiningClass(_ value: UInt32) -> UInt8 { value < 0xA0 ? 0 : entry(value)?.combiningClass ?? 0 }

    @inline(__always)
    private func append(
        _ value: UInt32, _ combiningClass: UInt8, marks: inout [(value: UInt32, combiningClass: UInt8)],
        into scalars: inout [UInt32]
    ) {
        if combiningClass > 0 {
            marks.append((value, combiningClass))
        } else {
            flush(&marks, into: &scalars)
            scalars.append(value)
        }
    }

    @inline(__always)
    private func flush(
        _ marks: inout [(value: UInt32, combiningClass: UInt8)], into scalars: inout [UInt32]
    ) {
        guard !marks.isEmpty else { return }
        // `sort` keeps equal elements in their order.
        if marks.count > 1 { marks.sort { $0.combiningClass < $1.combiningClass } }
        for mark in marks { scalars.append(mark.value) }
        marks.removeAll(keepingCapacity: true)
    }

    private static func decomposeSyllable(_ value: UInt32, into scalars: inout [UInt32]) {
        let index = value - 0xAC00
        scalars.append(0x1100 + index / 588)
        scalars.append(0x1161 + index % 588 / 28)
        if index % 28 > 0 { scalars.append(0x11A7 + index % 28) }
    }

    /// The canonical composition algorithm, in place.
    private func compose(_ scalars: inout [UInt32]) {
        var count = 0
        var starter: Int?
        var lastClass: UInt8 = 0
        for value in scalars {
            let current = combiningClass(value)
            // A mark composes unless one of its own class or a starter stands between it and the starter.
            if let starter, starter == count - 1 || lastClass < current,
                let composite = composite(scalars[starter], value)
            {
                scalars[starter] = composite
                continue
            }
            if current == 0 { starter = count }
            lastClass = current
            scalars[count] = value
            count += 1
        }
        scalars.removeLast(scalars.count - count)
    }

    @inline(__always)
    private func composite(_ first: UInt32, _ second: UInt32) -> UInt32? {
        if second < 0x300 { return nil }
        if (0x1100...0x1112).contains(first), (0x1161...0x1175).contains(second) {
            return 0xAC00 + ((first - 0x1100) * 21 + (second - 0x1161)) * 28
        }
        if (0xAC00...0xD7A3).contains(first), (first - 0xAC00) % 28 == 0, (0x11A8...0x11C2).contains(second) {
            return first + second - 0x11A7
        }
        return composites[UInt64(first) << 32 | UInt64(second)]
    }
}
