// swift-tools-version: 6.3
import PackageDescription

// One list for every target: what the language will do by default tomorrow, done today.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),  // SE-0335
    .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
    .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),  // SE-0461
    .enableUpcomingFeature("InferIsolatedConformances"),  // SE-0470
    .treatAllWarnings(as: .error),
]

// The OpenVINO runtime is unpacked here by Scripts/bootstrap; it is in no package manager that SwiftPM knows.
let openVINO = "\(Context.packageDirectory)/.deps/openvino/openvino"
let openVINOHeaders: [SwiftSetting] = [.unsafeFlags(["-Xcc", "-I\(openVINO)/include"])]
let openVINOLibraries: [LinkerSetting] = [
    // Found beside installed programs, and from the build folder: nothing that is built names an absolute path.
    .unsafeFlags(
        ["-L\(openVINO)/libs", "-lopenvino_c"]
            + ["$ORIGIN/../lib/hearth", "$ORIGIN/../../../.deps/openvino/openvino/libs"].flatMap {
                ["-Xlinker", "-rpath", "-Xlinker", $0]
            })
]

func library(_ name: String, path: String, _ dependencies: [Target.Dependency], settings extra: [SwiftSetting] = [])
    -> Target
{
    .target(name: name, dependencies: dependencies, path: path, swiftSettings: settings + extra)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], settings extra: [SwiftSetting] = []
) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, path: "Tests/\(name)", exclude: exclude,
        swiftSettings: settings + extra)
}

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let grdbSQLite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let jwtKit = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let serviceLifecycleTestKit = Target.Dependency.product(
    name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
func nioExtras(_ name: String) -> Target.Dependency { .product(name: name, package: "swift-nio-extras") }
func nio(_ name: String) -> Target.Dependency { .product(name: name, package: "swift-nio") }

let package = Package(
    name: "Hearth",
    products: [
        .executable(name: "hearth", targets: ["hearth"]),
        .executable(name: "hearth-worker", targets: ["hearth-worker"]),
        .executable(name: "hearth-bench", targets: ["hearth-bench"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        // Pure computation. The kernels are optimised in debug builds too: tests scan much.
        .target(name: "CVectors", path: "Sources/Vectors/C", cSettings: [.unsafeFlags(["-O3"])]),
        .target(
            name: "HearthVectors", dependencies: ["CVectors", "HearthText"], path: "Sources/Vectors", exclude: ["C"],
            swiftSettings: settings),
        library("HearthJSON", path: "Sources/JSON", ["HearthText"]),
        library("HearthText", path: "Sources/Text", []),
        library(
            "HearthHTTPClient", path: "Sources/HTTPClient",
            [nio("NIOCore"), nio("NIOHTTP1"), nio("NIOPosix"), nio("NIOTLS"), nio("NIOWebSocket"), nioSSL]),

        // What all parts share, and the parts that every feature stands on.
        .systemLibrary(name: "CLinux", path: "Sources/Drivers/C/CLinux"),
        library("HearthCore", path: "Sources/Core", ["HearthJSON", coreMetrics, crypto, logging, serviceLifecycle]),
        library("HearthJobs", path: "Sources/Jobs", ["HearthCore", "HearthJSON", logging, serviceLifecycle]),
        library(
            "HearthVectorStore", path: "Sources/VectorStore",
            ["HearthCore", "HearthJSON", "HearthText", "HearthVectors", logging, serviceLifecycle]),
        library(
            "HearthInference", path: "Sources/Inference",
            ["HearthCore", "HearthJSON", crypto, logging, serviceLifecycle]),
        library("HearthModelLibrary", path: "Sources/ModelLibrary", ["HearthCore", "HearthJSON", crypto]),
        library(
            "HearthModelRuntime", path: "Sources/ModelRuntime",
            ["HearthCore", "HearthInference", "HearthJSON", "HearthModelLibrary", logging]),

        .target(
            name: "HearthWorkflows", dependencies: ["HearthCore", "HearthJSON"], path: "Sources/Workflows",
            // In the program itself: an installation has no folder of resources.
            resources: [
                "animatediff", "img2img", "inpaint", "ip_adapter", "svd", "txt2img", "wan_image_to_video",
            ].map { .embedInCode("Files/\($0).json") }, swiftSettings: settings),

        // One driver per outside library or service.
        library("HearthSQLite", path: "Sources/Drivers/SQLite", ["HearthCore", grdb, grdbSQLite]),
        library(
            "HearthLocalFiles", path: "Sources/Drivers/LocalFiles", ["CLinux", "HearthCore", "HearthVectors", logging]),
        library(
            "HearthRemoteFetch", path: "Sources/Drivers/RemoteFetch",
            [
                "HearthCore", "HearthHTTPClient", nio("NIOCore"), nio("NIOHTTP1"), nio("NIOPosix"),
                nio("NIOFoundationEssentialsCompat"),
            ]),
        library(
            "HearthDownload", path: "Sources/Drivers/Download",
            [
                "HearthCore", "HearthHTTPClient", "HearthModelLibrary", nio("NIOCore"), nio("NIOHTTP1"),
                nio("NIOFoundationEssentialsCompat"),
            ]),
        library(
            "HearthComfyUI", path: "Sources/Drivers/ComfyUI",
            [
                "HearthCore", "HearthHTTPClient", "HearthJSON", "HearthJobs", "HearthWorkflows", nio("NIOCore"),
                nio("NIOHTTP1"),
            ]),
        .systemLibrary(name: "COpenVINO", path: "Sources/Drivers/C/COpenVINO"),
        .target(
            name: "HearthOpenVINO", dependencies: ["HearthCore", "COpenVINO"], path: "Sources/Drivers/OpenVINO",
            swiftSettings: settings + openVINOHeaders, linkerSettings: openVINOLibraries),
        .systemLibrary(
            name: "CVips", path: "Sources/Drivers/C/CVips", pkgConfig: "vips",
            providers: [.apt(["libvips-dev", "libwebp-dev"])]),
        library(
            "HearthVips", path: "Sources/Drivers/Vips",
            ["CVips", "HearthCore", "HearthJSON"]),
        library(
            "HearthPrograms", path: "Sources/Drivers/Programs",
            ["HearthCore", "HearthJobs", subprocess, systemPackage]),
        .systemLibrary(name: "CZlib", path: "Sources/Drivers/C/CZlib", providers: [.apt(["zlib1g-dev"])]),
        library("HearthZlib", path: "Sources/Drivers/Zlib", ["HearthCore", "CZlib"]),
        library(
            "HearthJWT", path: "Sources/Drivers/JWT", ["HearthCore", "HearthJSON", jwtKit, logging, serviceLifecycle]),
        library(
            "HearthTLS", path: "Sources/Drivers/TLS",
            ["HearthCore", hummingbirdCore, hummingbirdTLS, logging, nio("NIOCore"), nioSSL, serviceLifecycle]),

        // Pictures and videos without a model.
        library("HearthGenerators", path: "Sources/Generators", ["HearthCore", "HearthJSON", "HearthJobs"]),

        // The server side of HTTP, for clients and for workers' sockets.
        library(
            "HearthHTTP", path: "Sources/HTTP",
            [
                "HearthCore", "HearthJSON", crypto, hummingbird, hummingbirdCore, httpTypes, logging, nio("NIOCore"),
                nio("NIOFoundationEssentialsCompat"), nio("NIOHTTP1"), nio("NIOWebSocket"), nioExtras("NIOHTTPTypes"),
                nioExtras("NIOHTTPTypesHTTP1"), serviceLifecycle,
            ]),

        // What users see.
        library(
            "HearthStudio", path: "Sources/Features/Studio",
            [
                "HearthCore", "HearthInference", "HearthJSON", "HearthJobs", "HearthVectorStore", "HearthVectors",
                "HearthWorkflows", logging,
            ]),
        library(
            "HearthProducts", path: "Sources/Features/Products",
            [
                "HearthCore", "HearthInference", "HearthJSON", "HearthJobs", "HearthText", "HearthVectorStore",
                "HearthVectors", logging, serviceLifecycle,
            ]),
        library(
            "HearthFaces", path: "Sources/Features/Faces",
            [
                "HearthCore", "HearthInference", "HearthJSON", "HearthJobs", "HearthVectorStore", "HearthVectors",
                logging,
            ]),
        library(
            "HearthCollections", path: "Sources/Features/Collections",
            [
                "HearthCore", "HearthInference", "HearthJSON", "HearthJobs", "HearthText", "HearthVectorStore",
                "HearthVectors",
            ]),
        library(
            "HearthAssembly", path: "Sources/Assembly",
            [
                "HearthCollections", "HearthCore", "HearthFaces", "HearthGenerators", "HearthInference", "HearthJobs",
                "HearthProducts", "HearthSQLite", "HearthStudio", "HearthVectorStore", logging, serviceLifecycle,
            ]),
        library(
            "HearthDoors", path: "Sources/Doors",
            [
                "HearthCollections", "HearthCore", "HearthHTTP", "HearthInference", "HearthJSON", "HearthJobs",
                "HearthStudio", "HearthText", "HearthVectorStore", "HearthVectors", crypto, hummingbird,
                hummingbirdCore, httpTypes, logging, nio("NIOCore"), nio("NIOFoundationEssentialsCompat"),
                serviceLifecycle,
            ]),

        // Front and workers: what they say to each other, and who starts whom.
        library(
            "HearthWorkerLink", path: "Sources/WorkerLink",
            [
                "HearthCore", "HearthHTTP", "HearthInference", "HearthJSON", hummingbird, httpTypes, logging,
                nio("NIOCore"), nio("NIOHTTP1"), nio("NIOPosix"), serviceLifecycle,
            ]),
        library(
            "HearthSupervisor", path: "Sources/Supervisor",
            [
                "HearthCore", "HearthInference", "HearthJobs", "HearthWorkerLink", logging, serviceLifecycle,
                subprocess, systemPackage,
            ]),

        // The programs: each is a library that tests can import, and a main file.
        library(
            "HearthCommand", path: "Sources/Command",
            [
                "CLinux", "HearthCollections", "HearthComfyUI", "HearthCore", "HearthDoors", "HearthDownload",
                "HearthHTTP",
                "HearthInference",
                "HearthJSON", "HearthJWT", "HearthJobs", "HearthLocalFiles", "HearthModelLibrary", "HearthProducts",
                "HearthRemoteFetch", "HearthSQLite", "HearthAssembly", "HearthSupervisor", "HearthTLS",
                "HearthVectorStore", "HearthWorkerLink", "HearthZlib", "HearthHTTPClient", argumentParser,
                configuration, coreMetrics, logging, nio("NIOCore"), nio("NIOHTTP1"),
                nio("NIOFoundationEssentialsCompat"), serviceLifecycle, systemPackage, unixSignals,
            ]),
        .executableTarget(
            name: "hearth", dependencies: ["HearthCommand"], path: "Sources/Programs/hearth", swiftSettings: settings),
        library(
            "HearthWorker", path: "Sources/Worker",
            [
                "CLinux", "HearthComfyUI", "HearthCore", "HearthGenerators", "HearthInference", "HearthJSON",
                "HearthJobs", "HearthLocalFiles", "HearthModelLibrary", "HearthModelRuntime", "HearthOpenVINO",
                "HearthPrograms", "HearthAssembly", "HearthStudio",
                "HearthVectorStore", "HearthVips", "HearthWorkerLink", "HearthZlib", logging, nio("NIOCore"),
                nio("NIOPosix"), serviceLifecycle, unixSignals,
            ], settings: openVINOHeaders),
        .executableTarget(
            name: "hearth-worker", dependencies: ["HearthWorker"], path: "Sources/Programs/hearth-worker",
            swiftSettings: settings + openVINOHeaders),
        .executableTarget(
            name: "hearth-bench",
            dependencies: [
                "HearthCommand", "HearthCore", "HearthHTTP", "HearthInference", "HearthJSON", "HearthJobs",
                "HearthLocalFiles", "HearthSQLite", "HearthAssembly", "HearthVectorStore", "HearthVectors",
                "HearthWorkerLink", argumentParser, logging, nio("NIOCore"), nio("NIOHTTP1"), nio("NIOPosix"),
                serviceLifecycle,
            ],
            path: "Sources/Bench", swiftSettings: settings),

        // Never in a product.
        library(
            "HearthTesting", path: "Sources/Testing",
            [
                "HearthCore", "HearthInference", "HearthJSON", "HearthJobs", "HearthModelLibrary", "HearthVectors",
                logging,
            ]),
        tests("HearthJSONTests", ["HearthJSON", "HearthTesting", "HearthText"]),
        tests(
            "HearthCoreTests",
            [
                "HearthCore", "HearthJSON", "HearthJobs", "HearthSQLite", "HearthTesting", "HearthVectorStore",
                coreMetrics, logging,
            ]),
        tests(
            "HearthJobsTests",
            ["HearthCore", "HearthJSON", "HearthJobs", "HearthSQLite", "HearthTesting", serviceLifecycleTestKit]),
        tests(
            "HearthVectorStoreTests",
            [
                "HearthCore", "HearthJSON", "HearthSQLite", "HearthTesting", "HearthVectorStore", "HearthVectors",
                logging,
            ]),
        tests(
            "HearthCollectionsTests",
            ["HearthCollections", "HearthCore", "HearthJSON", "HearthTesting"]),
        tests(
            "HearthInferenceTests",
            [
                "HearthCore", "HearthInference", "HearthJSON", "HearthSQLite", "HearthTesting", logging,
                serviceLifecycle, serviceLifecycleTestKit,
            ]),
        tests(
            "HearthLocalFilesTests",
            ["HearthCore", "HearthLocalFiles", "HearthSQLite", "HearthTesting", "HearthVectors", logging]),
        tests(
            "HearthWorkerLinkTests",
            [
                "HearthCore", "HearthHTTP", "HearthInference", "HearthJSON", "HearthTesting", "HearthWorkerLink",
                hummingbird, httpTypes, logging, nio("NIOCore"), nio("NIOEmbedded"), serviceLifecycle,
            ]),
        tests("HearthModelLibraryTests", ["HearthCore", "HearthJSON", "HearthModelLibrary", "HearthTesting"]),
        tests(
            "HearthDownloadTests",
            [
                "HearthCore", "HearthDownload", "HearthHTTPClient", "HearthModelLibrary", "HearthTesting",
                nio("NIOCore"), nio("NIOHTTP1"), nio("NIOPosix"), nioSSL,
            ]),
        tests("HearthWorkflowsTests", ["HearthCore", "HearthJSON", "HearthTesting", "HearthWorkflows"]),
        tests(
            "HearthComfyUITests",
            [
                "HearthComfyUI", "HearthCore", "HearthHTTPClient", "HearthJSON", "HearthJobs", "HearthTesting",
                "HearthWorkflows", nio("NIOCore"), nio("NIOHTTP1"), nio("NIOPosix"), nio("NIOWebSocket"),
            ], exclude: ["Recordings"]),
        tests(
            "HearthModelRuntimeTests",
            [
                "HearthCore", "HearthDoors", "HearthHTTP", "HearthInference", "HearthModelLibrary",
                "HearthModelRuntime", "HearthTesting", "HearthWorkerLink", logging, nio("NIOCore"), nio("NIOPosix"),
                serviceLifecycle, "HearthJSON",
            ]),
        tests(
            "HearthDriversTests",
            [
                "HearthCore", "HearthInference", "HearthModelLibrary", "HearthModelRuntime", "HearthOpenVINO",
                "HearthRemoteFetch", "HearthSQLite", "HearthTesting", "HearthVips", logging, nio("NIOCore"),
                nio("NIOHTTP1"), nio("NIOPosix"),
            ],
            settings: openVINOHeaders),
        // Apart from the others: its passes keep all threads busy for half a minute.
        tests(
            "HearthMadeModelTests",
            [
                "HearthCore", "HearthInference", "HearthModelLibrary", "HearthModelRuntime", "HearthOpenVINO",
                "HearthTesting", "HearthVips",
            ],
            settings: openVINOHeaders),
        tests(
            "HearthDoorsTests",
            [
                "HearthCollections", "HearthCore", "HearthDoors", "HearthHTTP", "HearthInference", "HearthJSON",
                "HearthJobs", "HearthLocalFiles", "HearthSQLite", "HearthStudio", "HearthTesting", "HearthVectorStore",
                "HearthVectors", "HearthZlib", coreMetrics, hummingbird, hummingbirdCore, httpTypes, logging,
                nio("NIOCore"), nio("NIOEmbedded"), nio("NIOPosix"), nio("NIOWebSocket"), serviceLifecycle,
            ]),
        tests(
            "HearthGeneratorsTests",
            [
                "HearthCore", "HearthGenerators", "HearthJSON", "HearthJobs", "HearthPrograms", "HearthTesting",
                "HearthVips",
            ]),
        tests("HearthProgramsTests", ["HearthCore", "HearthJobs", "HearthPrograms", "HearthTesting"]),
        tests(
            "HearthWorkerTests",
            [
                "HearthCore", "HearthInference", "HearthModelLibrary", "HearthModelRuntime", "HearthTesting",
                "HearthWorker", "HearthWorkerLink", logging, serviceLifecycle,
            ], settings: openVINOHeaders),
        tests(
            "HearthProductsTests",
            [
                "HearthCore", "HearthInference", "HearthJSON", "HearthJobs", "HearthLocalFiles", "HearthProducts",
                "HearthSQLite", "HearthAssembly", "HearthTesting", "HearthVectorStore", "HearthVectors", "HearthZlib",
                logging,
            ]),
        tests(
            "HearthFacesTests",
            [
                "HearthCore", "HearthFaces", "HearthInference", "HearthJSON", "HearthJobs", "HearthLocalFiles",
                "HearthSQLite", "HearthAssembly", "HearthTesting", "HearthVectorStore", logging,
            ]),
        tests(
            "HearthStudioTests",
            [
                "HearthCore", "HearthInference", "HearthJSON", "HearthJobs", "HearthLocalFiles", "HearthSQLite",
                "HearthAssembly", "HearthStudio", "HearthTesting", "HearthVectorStore", "HearthWorkflows", logging,
            ]),
        tests(
            "HearthAssemblyTests",
            [
                "HearthCollections", "HearthCore", "HearthInference", "HearthJSON", "HearthJobs", "HearthLocalFiles",
                "HearthProducts", "HearthSQLite", "HearthAssembly", "HearthStudio", "HearthTesting",
                "HearthVectorStore", "HearthVectors", crypto, logging,
            ]),
        tests(
            "HearthSupervisorTests",
            [
                "HearthCore", "HearthHTTP", "HearthInference", "HearthJobs", "HearthSQLite", "HearthSupervisor",
                "HearthTesting", "HearthWorkerLink", logging, serviceLifecycle, serviceLifecycleTestKit, subprocess,
            ]),
        tests("HearthVectorsTests", ["HearthTesting", "HearthText", "HearthVectors"]),
        tests(
            "HearthCommandTests",
            [
                "HearthCommand", "HearthCore", "HearthDoors", "HearthHTTPClient", "HearthInference", "HearthJSON",
                "HearthLocalFiles", "HearthModelLibrary", "HearthTesting", "HearthText", argumentParser, configuration,
                crypto, logging, nio("NIOCore"), nio("NIOHTTP1"), nio("NIOPosix"),
            ]),
        tests(
            "HearthJWTTests",
            ["HearthCore", "HearthJSON", "HearthJWT", "HearthTesting", crypto, cryptoExtras, logging]),
        tests(
            "HearthTLSTests",
            [
                "HearthCore", "HearthHTTP", "HearthHTTPClient", "HearthTLS", "HearthTesting", hummingbird, logging,
                nio("NIOCore"), nio("NIOHTTP1"), nio("NIOPosix"), nioSSL, serviceLifecycle,
            ]),
        tests("HearthTidyTests", []),
    ]
)
