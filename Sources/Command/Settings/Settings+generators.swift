import HearthAssembly
import HearthComfyUI
import HearthCore

/// Which generators there are, and which of them makes what when a call does not say.
extension Settings {
    /// Addresses of the ComfyUI servers.
    var comfyUIServers: [String] { list(.comfyui, separator: ",") }

    /// Those that are built in, and `comfyui` where a server is set.
    /// - Throws: ``HearthError`` `invalid_configuration` for an address that is none.
    func generatorDescriptions() throws(HearthError) -> [GeneratorDescription] {
        guard !comfyUIServers.isEmpty else { return BuiltInGenerators.descriptions }
        return try BuiltInGenerators.descriptions + [ComfyUIDescription.of(servers: comfyUIServers)]
    }

    /// The generator of each kind of output.
    /// - Parameter generators: those that there are.
    /// - Throws: ``HearthError`` `invalid_configuration` for one that is not among them, or makes another kind.
    func defaultGenerators(among generators: [GeneratorDescription]) throws(HearthError) -> [OutputKind: String] {
        var defaults: [OutputKind: String] = [:]
        for (kind, setting) in [(OutputKind.image, Setting.imageGenerator), (.video, .videoGenerator)] {
            let (id, able) = (text(setting), generators.filter { $0.kinds.contains(kind) }.map(\.id))
            guard able.contains(id) else {
                let comfyUI = comfyUIServers.isEmpty ? " `comfyui` needs a server in \(Setting.comfyui.variable)." : ""
                throw HearthError(
                    .invalidConfiguration,
                    "\(setting.variable) names `\(id)`, and no such generator makes \(kind.rawValue)s here.",
                    hint: "One of: \(able.joined(separator: ", ")).\(comfyUI)")
            }
            defaults[kind] = id
        }
        return defaults
    }
}
