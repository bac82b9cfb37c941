/// A folder of `Sources` and the modules it may import: the directions of `docs/ARCHITECTURE.md`, as a table.
struct Room {
    /// With its last slash.
    let folder: String
    let modules: Set<String>

    /// What every room may import: the language's own libraries, and the words of logging.
    static let everywhere: Set<String> = [
        "Darwin", "Dispatch", "Foundation", "FoundationEssentials", "Glibc", "Logging", "Musl", "Synchronization",
    ]

    static let all: [Room] = [
        // The words and the machinery.
        Room("Vectors", ["CVectors"]),
        Room("Core", ["CLinux", "Crypto", "HearthVectors", "ServiceLifecycle"]),
        // What models are, as files: the front and the worker read the same folders.
        Room("Catalogue", ["Crypto", "HearthCore"]),
        Room("Models", ["Crypto", "HearthCatalogue", "HearthCore"]),
        // One alcove per outside library; none knows another.
        Room("Drivers/C", []),
        Room(
            "Drivers/Download",
            [
                "AsyncHTTPClient", "HearthCatalogue", "HearthCore", "NIOCore", "NIOFoundationEssentialsCompat",
                "NIOHTTP1",
            ]),
        Room("Drivers/OpenVINO", ["COpenVINO", "HearthCore"]),
        Room(
            "Drivers/RemoteFetch",
            [
                "AsyncHTTPClient", "HearthCore", "NIOCore", "NIOFoundationEssentialsCompat", "NIOHTTP1", "NIOPosix",
            ]),
        Room("Drivers/SQLite", ["GRDB", "GRDBSQLite", "HearthCore"]),
        Room("Drivers/Vips", ["CVips", "HearthCore"]),
        Room("Drivers/Zlib", ["CZlib", "HearthCore"]),
        Room(
            "Drivers/WorkerClient",
            ["AsyncHTTPClient", "HearthCore", "NIOCore", "NIOFoundationEssentialsCompat", "NIOHTTP1"]),
        // What users see. No feature imports another.
        Room("Features/Products", ["Crypto", "HearthCore", "HearthVectors", "ServiceLifecycle"]),
        Room("Features/Studio", ["Crypto", "HearthCore"]),
        Room(
            "Doors",
            [
                "HTTPTypes", "HearthCore", "Hummingbird", "HummingbirdCore", "NIOCore", "NIOFoundationEssentialsCompat",
                "NIOHTTP1", "NIOHTTPTypes", "NIOHTTPTypesHTTP1", "NIOPosix", "NIOWebSocket", "ServiceLifecycle",
            ]),
        // Starts, watches and replaces workers.
        Room("Supervisor", ["HearthCore", "HearthWorkerClient", "ServiceLifecycle", "Subprocess", "SystemPackage"]),
        // The front holds no model: nothing here reaches an inference library or a decoder.
        Room(
            "Command",
            [
                "ArgumentParser", "AsyncHTTPClient", "Configuration", "HTTPTypes", "HearthCatalogue", "HearthCore",
                "HearthDoors", "HearthDownload", "HearthProducts", "HearthRemoteFetch", "HearthSQLite", "HearthStudio",
                "HearthSupervisor", "HearthVectors", "HearthWorkerClient", "NIOCore", "NIOFoundationEssentialsCompat",
                "NIOHTTP1", "ServiceLifecycle",
                "SystemPackage", "UnixSignals",
            ]),
        Room(
            "Worker",
            [
                "CLinux", "Configuration", "HearthCatalogue", "HearthCore", "HearthDoors", "HearthModels",
                "HearthOpenVINO", "HearthProducts", "HearthSQLite", "HearthStudio", "HearthVips", "HearthZlib",
                "ServiceLifecycle", "UnixSignals",
            ]),
        // Never in a product.
        Room("Testing", ["HearthCatalogue", "HearthCore", "HearthModels", "HearthVectors"]),
    ]

    private init(_ folder: String, _ modules: Set<String>) {
        self.folder = "Sources/\(folder)/"
        self.modules = modules
    }

    /// The room that a file is in; nil when the table has none.
    static func containing(_ file: TextFile) -> Room? { all.first { file.isIn($0.folder) } }
}
