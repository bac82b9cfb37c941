import COpenVINO
import Glibc

/// Owns an `ov_core_t`: the library's plug-ins and settings, one for the process.
///
/// `@unchecked Sendable`: OpenVINO documents `ov::Core` as safe to use from several threads.
final class OpenVINOCore: @unchecked Sendable {
    private let handle: OpaquePointer

    /// Cheap (about 1 ms): plug-ins are loaded at first use.
    init() throws(OpenVINOError) { handle = try make("ov_core_create") { ov_core_create($0) } }

    deinit { ov_core_free(handle) }

    /// A device's property as OpenVINO prints it; the first call for a device loads its plug-in.
    func property(_ key: String, of device: String) throws(OpenVINOError) -> String {
        let text = try make("ov_core_get_property(\(key))") { ov_core_get_property(handle, device, key, $0) }
        defer { ov_free(text) }
        return String(cString: text)
    }

    /// Reads and compiles the graph at `path`. With `CACHE_DIR` among the properties and a blob there, the graph is
    /// not read at all.
    func compile(
        path: String, device: String, properties: [(key: String, value: String)]
    ) throws(OpenVINOError) -> OpenVINOCompiledModel {
        let strings = properties.map { (key: strdup($0.key), value: strdup($0.value)) }
        defer {
            for pair in strings {
                free(pair.key)
                free(pair.value)
            }
        }
        let pairs = strings.map { ov_property_t(key: $0.key, value: $0.value) }
        let model = try make("ov_core_compile_model_from_file_props") {
            ov_core_compile_model_from_file_props(handle, path, device, pairs.count, pairs, $0)
        }
        return OpenVINOCompiledModel(adopting: model)
    }
}
