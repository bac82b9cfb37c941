/// A dictionary by string: its keys are data, not names, and are never converted.
protocol JSONDictionary {}

extension Dictionary: JSONDictionary where Key == String {}
