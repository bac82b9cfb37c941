/// The standard library's view of the slot that a value is written to.
struct JSONWriter: Encoder {
    let slot: JSONSlot
    let codingPath: [any CodingKey]
    /// True for dictionaries, whose keys are data.
    let keepsKeys: Bool

    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        slot.becomeObject()
        return KeyedEncodingContainer(JSONKeyedWriter<Key>(slot: slot, codingPath: codingPath, keepsKeys: keepsKeys))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        slot.becomeArray()
        return JSONUnkeyedWriter(slot: slot, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        JSONSingleWriter(slot: slot, codingPath: codingPath)
    }
}
