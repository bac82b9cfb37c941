/// A folder of `Sources` and the modules it may import: the directions of `docs/ARCHITECTURE.md`, as a table.
struct ModuleImports {
    /// With its last slash.
    let folder: String
    let modules: Set<String>

    /// What every module may import: the language's own libraries, and logging.
    static let everywhere: Set<String> = [
        "Darwin", "Dispatch", "Foundation", "FoundationEssentials", "Glibc", "Logging", "Musl", "Synchronization",
    ]

    /// NIO's modules that servers and clients of HTTP are made of.
    private static let nio: Set<String> = ["NIOCore", "NIOFoundationEssentialsCompat", "NIOHTTP1", "NIOPosix"]

    /// What a feature may stand on. No feature imports another.
    private static let platform: Set<String> = [
        "Crypto", "HearthCore", "HearthInference", "HearthJSON", "HearthJobs", "HearthText", "HearthVectorStore",
        "HearthVectors", "ServiceLifecycle",
    ]

    static let all: [ModuleImports] = [
        // Pure computation, and what all parts share.
        ModuleImports("Text", []),
        ModuleImports("Vectors", ["CVectors", "HearthText"]),
        ModuleImports("JSON", ["HearthText"]),
        ModuleImports("HTTPClient", nio.union(["NIOSSL", "NIOTLS", "NIOWebSocket"])),
        ModuleImports("Core", ["CoreMetrics", "Crypto", "HearthJSON", "ServiceLifecycle"]),
        // What features stand on.
        ModuleImports("Jobs", ["HearthCore", "HearthJSON", "ServiceLifecycle"]),
        ModuleImports("VectorStore", ["HearthCore", "HearthJSON", "HearthText", "HearthVectors", "ServiceLifecycle"]),
        ModuleImports("Inference", ["Crypto", "HearthCore", "HearthJSON", "ServiceLifecycle"]),
        // Models as files, which front and worker read, and models in memory, which only a worker has.
        ModuleImports("ModelLibrary", ["Crypto", "HearthCore", "HearthJSON"]),
        ModuleImports(
            "ModelRuntime", ["Crypto", "HearthCore", "HearthInference", "HearthJSON", "HearthModelLibrary"]),
        // Graphs of ComfyUI as data, for the feature that keeps them and the driver that runs them.
        ModuleImports("Workflows", ["HearthCore", "HearthJSON"]),
        // One driver per outside library or service; none knows another.
        ModuleImports("Drivers/C", []),
        ModuleImports(
            "Drivers/ComfyUI",
            ["HearthCore", "HearthHTTPClient", "HearthJSON", "HearthJobs", "HearthWorkflows", "NIOCore", "NIOHTTP1"]),
        ModuleImports("Drivers/Download", nio.union(["HearthCore", "HearthHTTPClient", "HearthModelLibrary"])),
        ModuleImports("Drivers/JWT", ["HearthCore", "HearthJSON", "JWTKit", "ServiceLifecycle"]),
        ModuleImports("Drivers/LocalFiles", ["CLinux", "HearthCore", "HearthVectors"]),
        ModuleImports("Drivers/OpenVINO", ["COpenVINO", "HearthCore"]),
        ModuleImports("Drivers/Programs", ["HearthCore", "HearthJobs", "Subprocess", "SystemPackage"]),
        ModuleImports("Drivers/RemoteFetch", nio.union(["HearthCore", "HearthHTTPClient"])),
        ModuleImports("Drivers/SQLite", ["GRDB", "GRDBSQLite", "HearthCore"]),
        ModuleImports(
            "Drivers/TLS",
            ["HearthCore", "HummingbirdCore", "HummingbirdTLS", "NIOCore", "NIOSSL", "ServiceLifecycle"]),
        ModuleImports("Drivers/Vips", ["CVips", "HearthCore", "HearthJSON"]),
        ModuleImports("Drivers/Zlib", ["CZlib", "HearthCore"]),
        // Pictures and videos without a model: programs and painters are given to them.
        ModuleImports("Generators", ["HearthCore", "HearthJSON", "HearthJobs"]),
        // What users see.
        ModuleImports("Features/Collections", platform),
        ModuleImports("Features/Faces", platform),
        ModuleImports("Features/Products", platform),
        ModuleImports("Features/Studio", platform.union(["HearthWorkflows"])),
        // The list of features, of migrations and of stores, for all that joins them.
        ModuleImports(
            "Assembly",
            [
                "HearthCollections", "HearthCore", "HearthFaces", "HearthGenerators", "HearthInference", "HearthJobs",
                "HearthProducts", "HearthSQLite", "HearthStudio", "HearthVectorStore", "ServiceLifecycle", "Logging",
            ]),
        ModuleImports(
            "HTTP",
            [
                "Crypto", "HTTPTypes", "HearthCore", "HearthJSON", "Hummingbird", "HummingbirdCore", "NIOCore",
                "NIOFoundationEssentialsCompat", "NIOHTTP1", "NIOHTTPTypes", "NIOHTTPTypesHTTP1", "NIOWebSocket",
                "ServiceLifecycle",
            ]),
        ModuleImports(
            "Doors",
            [
                "Crypto", "HTTPTypes", "HearthCollections", "HearthCore", "HearthHTTP", "HearthInference",
                "HearthJSON", "HearthJobs", "HearthStudio", "HearthText", "HearthVectorStore", "HearthVectors",
                "Hummingbird",
                "HummingbirdCore", "NIOCore", "NIOFoundationEssentialsCompat", "ServiceLifecycle",
            ]),
        // What front and workers say to each other, and who starts, watches and replaces workers.
        ModuleImports(
            "WorkerLink",
            nio.union([
                "HTTPTypes", "HearthCore", "HearthHTTP", "HearthInference", "HearthJSON", "Hummingbird",
                "ServiceLifecycle",
            ])),
        ModuleImports(
            "Supervisor",
            [
                "HearthCore", "HearthInference", "HearthJobs", "HearthJSON", "HearthWorkerLink", "ServiceLifecycle",
                "Subprocess", "SystemPackage",
            ]),
        // The programs. The front holds no model: nothing here reaches an inference library or a decoder.
        ModuleImports(
            "Command",
            nio.union(platform).union([
                "ArgumentParser", "CLinux", "Configuration", "CoreMetrics", "HTTPTypes", "HearthCollections",
                "HearthComfyUI", "HearthDoors", "HearthHTTP", "HearthHTTPClient", "HearthDownload", "HearthJWT",
                "HearthLocalFiles",
                "HearthModelLibrary", "HearthProducts", "HearthRemoteFetch", "HearthSQLite", "HearthAssembly",
                "HearthStudio", "HearthSupervisor", "HearthTLS", "HearthWorkerLink", "HearthZlib",
                "SystemPackage",
                "UnixSignals",
            ])),
        ModuleImports(
            "Worker",
            platform.union([
                "CLinux", "HearthComfyUI", "HearthGenerators", "HearthLocalFiles", "HearthModelLibrary",
                "HearthModelRuntime",
                "HearthOpenVINO",
                "HearthPrograms", "HearthProducts", "HearthSQLite", "HearthAssembly", "HearthStudio", "HearthVips",
                "HearthWorkerLink",
                "HearthZlib", "NIOCore", "NIOPosix", "UnixSignals",
            ])),
        ModuleImports(
            "Bench",
            platform.union([
                "ArgumentParser", "HearthCommand", "HearthHTTP", "HearthLocalFiles", "HearthModelLibrary",
                "HearthSQLite", "HearthAssembly", "HearthWorkerLink", "NIOCore", "NIOHTTP1", "NIOPosix",
            ])),
        ModuleImports("Programs", ["HearthCommand", "HearthWorker"]),
        // Never in a product.
        ModuleImports("Testing", platform.union(["HearthModelLibrary", "HearthModelRuntime"])),
    ]

    private init(_ folder: String, _ modules: Set<String>) {
        self.folder = "Sources/\(folder)/"
        self.modules = modules
    }

    /// The entry for a file; nil when the table has none.
    static func containing(_ file: TextFile) -> ModuleImports? { all.first { file.isIn($0.folder) } }
}
