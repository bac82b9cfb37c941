import HearthModelRuntime

/// A prepared input that costs what the test says.
struct TestInput: Batchable, Equatable, ExpressibleByIntegerLiteral {
    let value: Int
    var form: Int?
    var length: Int

    init(_ value: Int, form: Int? = 0, length: Int = 1) {
        self.value = value
        self.form = form
        self.length = length
    }

    init(integerLiteral value: Int) { self.init(value) }
}
