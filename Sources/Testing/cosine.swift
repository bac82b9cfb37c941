/// The cosine of two vectors; -1 when their lengths differ.
package func cosine(_ left: [Float], _ right: [Float]) -> Double {
    guard left.count == right.count else { return -1 }
    var (dot, first, second) = (0.0, 0.0, 0.0)
    for (a, b) in zip(left, right) {
        dot += Double(a) * Double(b)
        first += Double(a) * Double(a)
        second += Double(b) * Double(b)
    }
    return dot / (first * second).squareRoot()
}
