package import Foundation
package import HearthCore

package struct Encoding: Sendable, Equatable {
    package var ids: [Int32]
    package var typeIDs: [Int32]
    package var isTruncated: Bool
}
package struct Tokenizer: Sendable {
    package init(json: Data) throws(HearthError) {}
    package func encode(_ text: String, maximumTokens: Int) -> Encoding {
        Encoding(ids: [101, 102], typeIDs: [], isTruncated: false)
    }
    package var vocabularySize: Int { 30000 }
    package var paddingID: Int32 { 0 }
}
