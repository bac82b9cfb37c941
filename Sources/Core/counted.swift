/// A number with its noun, for people: `1 picture`, `2 pictures`.
///
/// The one place that chooses between the two forms, so that no text says "1 products".
/// - Parameter plural: Where an `s` does not do: `matches`.
package func counted(_ number: Int, _ noun: String, _ plural: String? = nil) -> String {
    "\(number) \(number == 1 ? noun : plural ?? "\(noun)s")"
}
