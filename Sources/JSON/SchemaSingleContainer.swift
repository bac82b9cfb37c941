/// One value that a type decodes in place of itself.
struct SchemaSingleContainer: SingleValueDecodingContainer {
    let recorder: SchemaRecorder

    var codingPath: [any CodingKey] { recorder.codingPath }

    func decodeNil() -> Bool { false }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let (schema, sample) = try SchemaRecorder.read(type, recorder.trail, text: recorder.text)
        if case .untouched = recorder.shape { recorder.shape = .single(schema) }
        return sample
    }
}
