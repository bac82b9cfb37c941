import Testing

@testable import HearthJSON

@Suite struct JSONKeyTests {
    @Test(arguments: [
        ("k", "k"), ("name", "name"), ("imageBase64", "image_base64"), ("projectID", "project_id"), ("id", "id"),
        ("ID", "id"),
        ("websocketURL", "websocket_url"), ("URLPath", "url_path"), ("projectIDs", "project_ids"),
        ("imageURLsSeen", "image_urls_seen"),
        ("loadMilliseconds", "load_milliseconds"), ("p99Milliseconds", "p99_milliseconds"), ("sha256", "sha256"),
        ("image_base64", "image_base64"), ("isASet", "is_a_set"), ("aB", "a_b"), ("externalUserID", "external_user_id"),
        ("HTTPServer", "http_server"), ("modelPreloaded", "model_preloaded"), ("größeXL", "größe_xl"), ("", ""),
    ])
    func turnsSwiftNamesIntoSnakeCase(name: String, key: String) {
        #expect(JSONKey.snake(name) == key)
        #expect(JSONKey.snake(key) == key)
    }

    @Test(arguments: [
        ("image_base64", "imageBase64"), ("project_id", "projectID"), ("websocket_url", "websocketURL"),
        ("name", "name"),
        ("project_ids", "projectIDs"),
    ])
    func findsTheSwiftNameOfAKey(key: String, name: String) {
        #expect(JSONKey.camel(key) == name)
    }
}
