import Foundation
package import HearthCore

/// Compiles graphs with OpenVINO for the CPU: IR (`.xml`), ONNX and TFLite.
package final class OpenVINORuntime: ModelRuntime {
    private static let device = "CPU"
    private let core: OpenVINOCore
    /// Folders that graphs were read from.
    private let folders = Locked<Set<String>>([])

    /// Cheap: the CPU plug-in is loaded with the first model.
    /// - Throws: ``HearthError`` `internal_error` when the library does not start.
    package init() throws(HearthError) {
        do {
            core = try OpenVINOCore()
        } catch {
            throw HearthError(.internalError, "OpenVINO did not start.", cause: error)
        }
    }

    /// `bf16` where the processor computes with it (AVX-512 BF16, AMX), else `f32`. Loads the CPU plug-in.
    package var preferredPrecision: String {
        let capabilities = try? core.property("OPTIMIZATION_CAPABILITIES", of: Self.device)
        return capabilities?.split(separator: " ").contains("BF16") == true ? "bf16" : "f32"
    }

    /// - Throws: ``HearthError`` `invalid_configuration` when the graph cannot be read or compiled.
    package func load(_ request: ModelLoadRequest) throws -> any ModelSession {
        var properties = [
            (key: "PERFORMANCE_HINT", value: request.streams > 1 ? "THROUGHPUT" : "LATENCY"),
            (key: "INFERENCE_PRECISION_HINT", value: request.precision),
        ]
        if !IntegerArithmetic.isExact { properties.append((key: "LP_TRANSFORMS_MODE", value: "NO")) }
        if request.streams > 1 { properties.append((key: "NUM_STREAMS", value: String(request.streams))) }
        if let folder = request.cacheFolder { properties.append((key: "CACHE_DIR", value: folder)) }
        if let threads = request.threads { properties.append((key: "INFERENCE_NUM_THREADS", value: String(threads))) }
        let folder = URL(fileURLWithPath: request.path).deletingLastPathComponent().path
        folders.withLock { $0.formUnion([folder] + (request.cacheFolder.map { [$0] } ?? [])) }
        do {
            let model = try core.compile(path: request.path, device: Self.device, properties: properties)
            return try OpenVINOSession(model)
        } catch {
            throw HearthError(
                .invalidConfiguration, "OpenVINO could not read or compile the model's graph.",
                hint: "Check that the weights are whole and of a kind that OpenVINO reads.", cause: error)
        }
    }

    /// Releases the mapped files that weights were packed from: passes read the packed ones. What a pass does read
    /// there (tables of word vectors) comes back page by page from the system's cache of files.
    package func settle() { MappedFiles.release(under: folders.withLock { $0 }) }
}
