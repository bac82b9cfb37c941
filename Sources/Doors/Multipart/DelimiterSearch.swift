/// Finds one delimiter in many bytes, looking at few of them (Horspool's variant of Boyer and Moore).
struct DelimiterSearch: Sendable {
    private let needle: [UInt8]
    /// How far the window may move when its last byte is this one.
    private let shifts: [Int]

    /// - Parameter needle: at least one byte.
    init(_ needle: [UInt8]) {
        self.needle = needle
        var shifts = [Int](repeating: needle.count, count: 256)
        for (index, byte) in needle.dropLast().enumerated() { shifts[Int(byte)] = needle.count - 1 - index }
        self.shifts = shifts
    }

    /// The offset of the first occurrence at or after `start`; nil when there is none.
    func first(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        needle.withUnsafeBufferPointer { needle in
            shifts.withUnsafeBufferPointer { shifts in
                let last = needle.count - 1
                var position = start
                while position + last < bytes.count {
                    let byte = bytes[position + last]
                    if byte == needle[last] {
                        var index = 0
                        while index < last, bytes[position + index] == needle[index] { index += 1 }
                        if index == last { return position }
                    }
                    position += shifts[Int(byte)]
                }
                return nil
            }
        }
    }
}
