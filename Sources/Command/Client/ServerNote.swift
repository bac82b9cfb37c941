import Foundation
import HearthCore
import HearthJSON

/// What a server tells the commands of this machine: a file in its data folder, there from the moment on when its port
/// is open.
struct ServerNote: Sendable, Codable, Equatable {
    var pid: Int
    /// Where a client on this machine finds it.
    var url: String
    /// PEM file with the certificate that it shows; absent when it speaks plain HTTP.
    var certificate: String?
    /// Where it looks for models beside the data folder.
    var modelRoots: [String]?
    /// The models that it was told to take, or has chosen.
    var anchorModel: String?
    var productModel: String?
    var textModel: String?

    /// The note of a server with these settings.
    init(_ settings: Settings, port: Int) {
        pid = Int(getpid())
        url = settings.url(at: port)
        certificate = (try? settings.certificate())
            .map { URL(fileURLWithPath: $0.certificate).standardizedFileURL.path }
        modelRoots = settings.modelRoots
        anchorModel = settings[.anchorModel].value
        productModel = settings[.productModel].value
        textModel = settings[.textModel].value
    }

    /// What the last server of a data folder has noted; nil when it has ended as it should, or there was none.
    static func read(in folder: DataFolder) -> ServerNote? {
        guard let bytes = try? Data(contentsOf: URL(fileURLWithPath: folder.serverNote)) else { return nil }
        return (try? JSONParser.read(bytes)).flatMap { try? JSONValueDecoder.read(ServerNote.self, from: $0) }
    }

    /// Puts the note into the data folder; without it, commands use the address of their own settings.
    func write(in folder: DataFolder) {
        try? JSONValueEncoder.encode(self).encoded().write(
            to: URL(fileURLWithPath: folder.serverNote), options: .atomic)
    }
}
