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
    .unsafeFlags(["-L\(openVINO)/libs", "-lopenvino_c", "-Xlinker", "-rpath", "-Xlinker", "\(openVINO)/libs"])
]

func library(_ name: String, path: String, _ dependencies: [Target.Dependency], settings extra: [SwiftSetting] = [])
    -> Target
{
    .target(name: name, dependencies: dependencies, path: path, swiftSettings: settings + extra)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], settings extra: [SwiftSetting] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: settings + extra)
}

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let grdbSQLite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let serviceLifecycleTestKit = Target.Dependency.product(
    name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
func nioExtras(_ name: String) -> Target.Dependency { .product(name: name, package: "swift-nio-extras") }
func nio(_ name: String) -> Target.Dependency { .product(name: name, package: "swift-nio") }

let package = Package(
    name: "Hearth",
    products: [
        .executable(name: "hearth", targets: ["hearth"]),
        .executable(name: "hearth-worker", targets: ["hearth-worker"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        // The words and the machinery.
        // Optimised in debug builds too: a scan is nearly all of a search's time, and the tests scan much.
        .target(name: "CVectors", path: "Sources/Vectors/C", cSettings: [.unsafeFlags(["-O3"])]),
        .target(
            name: "HearthVectors", dependencies: ["CVectors"], path: "Sources/Vectors", exclude: ["C"],
            swiftSettings: settings),
        .systemLibrary(name: "CLinux", path: "Sources/Drivers/C/CLinux"),
        library("HearthCore", path: "Sources/Core", ["CLinux", "HearthVectors", crypto, logging, serviceLifecycle]),
        // What models are, as files.
        library("HearthCatalogue", path: "Sources/Catalogue", ["HearthCore", crypto, logging]),
        library("HearthModels", path: "Sources/Models", ["HearthCatalogue", "HearthCore", crypto, logging]),

        // One alcove per outside library.
        library("HearthSQLite", path: "Sources/Drivers/SQLite", ["HearthCore", grdb, grdbSQLite]),
        library(
            "HearthWorkerClient", path: "Sources/Drivers/WorkerClient",
            ["HearthCore", asyncHTTPClient, nio("NIOCore"), nio("NIOHTTP1"), nio("NIOFoundationEssentialsCompat")]),
        library(
            "HearthRemoteFetch", path: "Sources/Drivers/RemoteFetch",
            [
                "HearthCore", asyncHTTPClient, nio("NIOCore"), nio("NIOHTTP1"), nio("NIOPosix"),
                nio("NIOFoundationEssentialsCompat"),
            ]),
        library(
            "HearthDownload", path: "Sources/Drivers/Download",
            [
                "HearthCatalogue", "HearthCore", asyncHTTPClient, nio("NIOCore"), nio("NIOHTTP1"),
                nio("NIOFoundationEssentialsCompat"),
            ]),
        .systemLibrary(name: "COpenVINO", path: "Sources/Drivers/C/COpenVINO"),
        .target(
            name: "HearthOpenVINO", dependencies: ["HearthCore", "COpenVINO"], path: "Sources/Drivers/OpenVINO",
            swiftSettings: settings + openVINOHeaders, linkerSettings: openVINOLibraries),
        .systemLibrary(
            name: "CVips", path: "Sources/Drivers/C/CVips", pkgConfig: "vips", providers: [.apt(["libvips-dev"])]),
        library("HearthVips", path: "Sources/Drivers/Vips", ["HearthCore", "CVips"]),
        .systemLibrary(name: "CZlib", path: "Sources/Drivers/C/CZlib", providers: [.apt(["zlib1g-dev"])]),
        library("HearthZlib", path: "Sources/Drivers/Zlib", ["HearthCore", "CZlib"]),

        // What users see.
        library("HearthStudio", path: "Sources/Features/Studio", ["HearthCore", crypto, logging]),
        library(
            "HearthProducts", path: "Sources/Features/Products",
            ["HearthCore", "HearthVectors", crypto, logging, serviceLifecycle]),
        library(
            "HearthDoors", path: "Sources/Doors",
            [
                "HearthCore", hummingbird, hummingbirdCore, httpTypes, logging, nio("NIOCore"), nio("NIOPosix"),
                nio("NIOHTTP1"), nio("NIOWebSocket"), nio("NIOFoundationEssentialsCompat"), nioExtras("NIOHTTPTypes"),
                nioExtras("NIOHTTPTypesHTTP1"), serviceLifecycle,
            ]),
        library(
            "HearthSupervisor", path: "Sources/Supervisor",
            ["HearthCore", "HearthWorkerClient", logging, serviceLifecycle, subprocess, systemPackage]),
        .executableTarget(
            name: "hearth",
            dependencies: [
                "HearthCatalogue", "HearthCore", "HearthDoors", "HearthDownload", "HearthProducts", "HearthRemoteFetch",
                "HearthSQLite", "HearthStudio", "HearthSupervisor", "HearthVectors", "HearthWorkerClient",
                argumentParser, asyncHTTPClient, configuration, httpTypes, logging,
                nio("NIOCore"), nio("NIOHTTP1"),
                nio("NIOFoundationEssentialsCompat"), serviceLifecycle, systemPackage, unixSignals,
            ],
            path: "Sources/Command", swiftSettings: settings),
        .executableTarget(
            name: "hearth-worker",
            dependencies: [
                "CLinux", "HearthCatalogue", "HearthCore", "HearthDoors", "HearthModels", "HearthOpenVINO",
                "HearthProducts", "HearthSQLite", "HearthStudio", "HearthVips", "HearthZlib", logging, serviceLifecycle,
                unixSignals,
            ],
            path: "Sources/Worker", swiftSettings: settings + openVINOHeaders),

        // Never in a product.
        library(
            "HearthTesting", path: "Sources/Testing",
            ["HearthCatalogue", "HearthCore", "HearthModels", "HearthVectors"]),
        tests(
            "HearthCoreTests",
            ["HearthCore", "HearthSQLite", "HearthTesting", "HearthVectors", logging, serviceLifecycleTestKit]),
        tests("HearthCatalogueTests", ["HearthCatalogue", "HearthCore", "HearthTesting", logging]),
        tests(
            "HearthDownloadTests",
            ["HearthCatalogue", "HearthCore", "HearthDownload", "HearthTesting", nio("NIOCore"), nio("NIOPosix")]),
        tests("HearthModelsTests", ["HearthCatalogue", "HearthCore", "HearthModels", "HearthTesting", logging]),
        tests(
            "HearthDriversTests",
            [
                "HearthCatalogue", "HearthCore", "HearthModels", "HearthOpenVINO", "HearthProducts",
                "HearthRemoteFetch", "HearthSQLite", "HearthTesting", "HearthVips", logging, nio("NIOCore"),
                nio("NIOHTTP1"), nio("NIOPosix"),
            ],
            settings: openVINOHeaders),
        tests(
            "HearthDoorsTests",
            [
                "HearthCore", "HearthDoors", "HearthTesting", hummingbird, hummingbirdCore, httpTypes, logging,
                nio("NIOCore"), nio("NIOEmbedded"), nio("NIOPosix"), nio("NIOHTTP1"), nio("NIOWebSocket"),
                serviceLifecycle,
            ]),
        tests(
            "HearthProductsTests",
            ["HearthCore", "HearthProducts", "HearthSQLite", "HearthStudio", "HearthTesting", "HearthZlib", logging]),
        tests("HearthStudioTests", ["HearthCore", "HearthSQLite", "HearthStudio", "HearthTesting", logging]),
        tests(
            "HearthSupervisorTests",
            [
                "HearthCore", "HearthDoors", "HearthSQLite", "HearthSupervisor", "HearthTesting", "HearthWorkerClient",
                logging, serviceLifecycle, serviceLifecycleTestKit,
            ]),
        tests("HearthVectorsTests", ["HearthTesting", "HearthVectors"]),
        tests("HearthTidyTests", []),
    ]
)
