import HearthCore

/// Reads the "pre_tokenizer" of a `tokenizer.json`.
enum PreTokenizerReader {
    static func preTokenizer(_ field: TokenizerField) throws(HearthError) -> PreTokenizer {
        let type = try field.required("type").string()
        switch type {
        case "BertPreTokenizer": return .bert
        case "Whitespace": return .whitespace
        case "WhitespaceSplit": return .whitespaceSplit
        case "ByteLevel":
            return .byteLevel(
                addsPrefixSpace: try field.required("add_prefix_space").bool(),
                usesPattern: try field.optional("use_regex")?.bool() ?? true)
        case "Metaspace": return try metaspace(field)
        case "Split":
            return .split(
                try TextPatternReader.pattern(field.required("pattern")), try behaviour(field.required("behavior")),
                isInverted: try field.required("invert").bool())
        case "Punctuation":
            guard let named = try field.optional("behavior") else { return .punctuation(.isolated) }
            return .punctuation(try behaviour(named))
        case "Digits": return .digits(isIndividual: try field.required("individual_digits").bool())
        case "Sequence":
            var steps: [PreTokenizer] = []
            for step in try field.required("pretokenizers").elements() {
                steps.append(try preTokenizer(step))
                try checkOrder(steps, step)
            }
            return .sequence(steps)
        default: throw field.refusal("is of the type \"\(type.prefix(40))\", which is not supported")
        }
    }

    private static func metaspace(_ field: TokenizerField) throws(HearthError) -> PreTokenizer {
        let replacement = try field.required("replacement")
        let scalars = try replacement.string().unicodeScalars
        guard let scalar = scalars.first, scalars.count == 1 else { throw replacement.refusal("is not one character") }
        var scheme = PreTokenizer.PrependScheme.always
        if let named = try field.optional("prepend_scheme") {
            guard let known = PreTokenizer.PrependScheme(rawValue: try named.string()) else {
                throw named.refusal("is not known", hint: "always, first and never are.")
            }
            scheme = known
        }
        // The older of two ways to say never; the reference refuses files in which they differ.
        if let prefix = try field.optional("add_prefix_space"), try !prefix.bool(), scheme != .never {
            throw prefix.refusal("does not agree with prepend_scheme")
        }
        return .metaspace(
            replacement: scalar.value, scheme: scheme, splits: try field.optional("split")?.bool() ?? true)
    }

    /// Metaspace may ask which piece stands first. Behind a step that cuts within what became of one character, the
    /// reference finds several; behind none, or a cut at white space, there is one.
    private static func checkOrder(_ steps: [PreTokenizer], _ field: TokenizerField) throws(HearthError) {
        guard case .metaspace(_, .first, _) = steps.last else { return }
        for step in steps.dropLast() {
            guard case .whitespaceSplit = step else {
                throw field.refusal("asks for the first piece behind another step, which is not supported")
            }
        }
    }

    private static func behaviour(_ field: TokenizerField) throws(HearthError) -> WordPieces.Behaviour {
        guard let behaviour = WordPieces.Behaviour(rawValue: try field.string()) else {
            throw field.refusal("is not known")
        }
        return behaviour
    }
}
