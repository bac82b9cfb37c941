import HearthCore

/// Reads the Python dictionary of a .npy header: the three keys that every one has, in any order.
struct ArrayDictionary {
    private var text: Substring.UTF8View

    init(_ text: String) { self.text = text[...].utf8 }

    mutating func header() throws(HearthError) -> ArrayHeader {
        var element: ArrayHeader.Element?
        var shape: [Int]?
        var isFortran: Bool?
        try expect("{")
        while !take("}") {
            let key = try quoted()
            try expect(":")
            switch key {
            case "descr" where element == nil: element = try self.element()
            case "fortran_order" where isFortran == nil: isFortran = try flag()
            case "shape" where shape == nil: shape = try self.shape()
            default: throw ArrayHeader.malformed("its header")
            }
            if take("}") { break }
            try expect(",")
        }
        skipBlanks()
        guard text.isEmpty, let element, let shape, let isFortran else { throw ArrayHeader.malformed("its header") }
        guard !isFortran else {
            throw HearthError(
                .invalidRequest, "The array is in Fortran order.", hint: "`numpy.save(f, numpy.ascontiguousarray(a))`.")
        }
        guard shape.count == 2, (1...Limits.vectorDims).contains(shape[1]) else {
            throw HearthError(
                .invalidRequest, "The array has the shape \(shape).",
                hint: "Two dimensions, of which the second is 1 to \(Limits.vectorDims).")
        }
        return ArrayHeader(element: element, rows: shape[0], dims: shape[1])
    }

    private mutating func element() throws(HearthError) -> ArrayHeader.Element {
        let name = try quoted()
        guard let element = ArrayHeader.Element(rawValue: name) else {
            throw HearthError(
                .invalidRequest, "The array's elements are of type \(name.prefix(20)).",
                hint: "There are \(ArrayHeader.Element.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return element
    }

    private mutating func flag() throws(HearthError) -> Bool {
        skipBlanks()
        for (word, value) in [("True", true), ("False", false)] where text.starts(with: word.utf8) {
            text = text.dropFirst(word.utf8.count)
            return value
        }
        throw ArrayHeader.malformed("its order")
    }

    private mutating func shape() throws(HearthError) -> [Int] {
        try expect("(")
        var shape: [Int] = []
        while !take(")") {
            skipBlanks()
            let digits = text.prefix { (0x30...0x39).contains($0) }
            guard shape.count < 8, digits.count <= 15, let number = Int(Substring(digits)) else {
                throw ArrayHeader.malformed("its shape")
            }
            text = text.dropFirst(digits.count)
            shape.append(number)
            if take(")") { break }
            try expect(",")
        }
        return shape
    }

    private mutating func quoted() throws(HearthError) -> String {
        skipBlanks()
        guard let quote = text.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
            throw ArrayHeader.malformed("its header")
        }
        let content = text.dropFirst().prefix { $0 != quote && $0 != UInt8(ascii: "\\") }
        let rest = text.dropFirst(content.count + 1)
        guard rest.first == quote else { throw ArrayHeader.malformed("its header") }
        text = rest.dropFirst()
        return String(Substring(content))
    }

    private mutating func skipBlanks() {
        text = text.drop { $0 == 0x20 || $0 == 0x0A || $0 == 0x09 || $0 == 0x0D }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipBlanks()
        guard text.first == UInt8(ascii: character) else { return false }
        text = text.dropFirst()
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(HearthError) {
        guard take(character) else { throw ArrayHeader.malformed("its header") }
    }
}
