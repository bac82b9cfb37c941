/// A Swift type that stands for a list of fixed words in JSON.
enum JSONWords {
    /// The raw values of an enum with raw values that lists its cases; nil for every other type.
    static func of(_ type: Any.Type) -> [JSONValue]? {
        guard let type = type as? any (CaseIterable & RawRepresentable).Type else { return nil }
        return words(type)
    }

    private static func words<Words: CaseIterable & RawRepresentable>(_ type: Words.Type) -> [JSONValue]? {
        let words = type.allCases.compactMap { ($0.rawValue as? any JSONScalar)?.json }
        return words.count == type.allCases.count ? words : nil
    }
}
