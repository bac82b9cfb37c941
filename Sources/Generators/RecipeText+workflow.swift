import HearthCore
import HearthJSON

extension RecipeText {
    /// A node of a graph as ComfyUI's editor keeps it.
    private struct Node {
        let id: Int
        let type: String
        let x: Int
        let y: Int
        var inputs: [(name: String, type: String, link: Int)] = []
        var outputs: [(name: String, type: String, links: [Int])] = []
        var values: [JSONValue] = []

        var json: JSONValue {
            [
                "id": .int(Int64(id)), "type": .string(type), "pos": [.int(Int64(x)), .int(Int64(y))],
                "size": [315, 120], "flags": [:], "order": .int(Int64(id - 1)), "mode": 0,
                "inputs": .array(
                    inputs.map { ["name": .string($0.name), "type": .string($0.type), "link": .int(Int64($0.link))] }),
                "outputs": .array(
                    outputs.enumerated().map { slot, output in
                        [
                            "name": .string(output.name), "type": .string(output.type), "slot_index": .int(Int64(slot)),
                            "links": .array(output.links.map { .int(Int64($0)) }),
                        ]
                    }),
                "properties": ["Node name for S&R": .string(type)], "widgets_values": .array(values),
            ]
        }
    }

    /// The same graph in the format of ComfyUI's editor (version 0.4).
    var workflow: JSONValue {
        let links: [(Int, Int, Int, Int, Int, String)] = [
            (1, 1, 0, 5, 0, "MODEL"), (2, 1, 1, 2, 0, "CLIP"), (3, 1, 1, 3, 0, "CLIP"), (4, 2, 0, 5, 1, "CONDITIONING"),
            (5, 3, 0, 5, 2, "CONDITIONING"), (6, 4, 0, 5, 3, "LATENT"), (7, 5, 0, 6, 0, "LATENT"),
            (8, 1, 2, 6, 1, "VAE"), (9, 6, 0, 7, 0, "IMAGE"),
        ]
        return [
            "last_node_id": 7, "last_link_id": 9, "nodes": .array(nodes.map(\.json)),
            "links": .array(
                links.map { link in
                    [
                        .int(Int64(link.0)), .int(Int64(link.1)), .int(Int64(link.2)), .int(Int64(link.3)),
                        .int(Int64(link.4)), .string(link.5),
                    ]
                }),
            "groups": [], "config": [:], "extra": [:], "version": 0.4,
        ]
    }

    private var nodes: [Node] {
        [
            Node(
                id: 1, type: "CheckpointLoaderSimple", x: 20, y: 200,
                outputs: [("MODEL", "MODEL", [1]), ("CLIP", "CLIP", [2, 3]), ("VAE", "VAE", [8])],
                values: ["choose-a-checkpoint.safetensors"]),
            Node(
                id: 2, type: "CLIPTextEncode", x: 380, y: 80, inputs: [("clip", "CLIP", 2)],
                outputs: [("CONDITIONING", "CONDITIONING", [4])], values: [.string(recipe.positive)]),
            Node(
                id: 3, type: "CLIPTextEncode", x: 380, y: 260, inputs: [("clip", "CLIP", 3)],
                outputs: [("CONDITIONING", "CONDITIONING", [5])], values: [.string(recipe.negative)]),
            Node(
                id: 4, type: "EmptyLatentImage", x: 380, y: 440, outputs: [("LATENT", "LATENT", [6])],
                values: [.int(Int64(recipe.width)), .int(Int64(recipe.height)), 1]),
            Node(
                id: 5, type: "KSampler", x: 760, y: 200,
                inputs: [
                    ("model", "MODEL", 1), ("positive", "CONDITIONING", 4), ("negative", "CONDITIONING", 5),
                    ("latent_image", "LATENT", 6),
                ],
                outputs: [("LATENT", "LATENT", [7])],
                values: [
                    .int(recipe.seed), "fixed", .int(Int64(recipe.steps)), .double(recipe.guidance),
                    .string(recipe.sampler), .string(recipe.scheduler), 1,
                ]),
            Node(
                id: 6, type: "VAEDecode", x: 1_120, y: 200, inputs: [("samples", "LATENT", 7), ("vae", "VAE", 8)],
                outputs: [("IMAGE", "IMAGE", [9])]),
            Node(
                id: 7, type: "SaveImage", x: 1_380, y: 200, inputs: [("images", "IMAGE", 9)], values: ["shot"]),
        ]
    }
}
