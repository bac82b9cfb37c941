#!/usr/bin/env python3
"""Runs the generator `comfyui` against the real ComfyUI server, on the processor alone, and records what it says.

    git clone https://github.com/Comfy-Org/ComfyUI FOLDER         (and install its requirements)
    FOLDER/venv/bin/python Tools/comfyui_test.py FOLDER [--record] [--tests COMMAND]

Run it by the Python that runs ComfyUI: it needs torch, transformers, safetensors and aiohttp. It makes a checkpoint of
the form of Stable Diffusion 1.5 with random weights (2 GB, once), starts the server on a free port without extensions,
and stops it at the end.

--record writes the order of the server's messages to Tests/HearthComfyUITests/Recordings, which the double of the
tests replays. --tests runs a command with COMFYUI_URL set, by default `swift test --filter RealComfyUITests`.
"""

import argparse
import asyncio
import base64
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
import uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent
RECORDINGS = ROOT / "Tests" / "HearthComfyUITests" / "Recordings"
WORKFLOWS = ROOT / "Sources" / "Workflows" / "Files"
CHECKPOINT = "madeup.safetensors"
START_SECONDS = 180
RUN_SECONDS = 300


def make_checkpoint(comfyui, target):
    """Random weights under the names by which ComfyUI knows Stable Diffusion 1.5."""
    sys.path.insert(0, str(comfyui))
    arguments, sys.argv = sys.argv, [sys.argv[0], "--cpu"]
    import comfy.options
    comfy.options.enable_args_parsing()
    import comfy.ops
    import safetensors.torch
    import torch
    from comfy.ldm.models.autoencoder import AutoencoderKL
    from comfy.ldm.modules.diffusionmodules.openaimodel import UNetModel
    from transformers import CLIPTextConfig, CLIPTextModel

    sys.argv = arguments
    torch.manual_seed(7)
    unet = UNetModel(
        image_size=32, in_channels=4, out_channels=4, model_channels=320, num_res_blocks=[2, 2, 2, 2],
        channel_mult=[1, 2, 4, 4], num_heads=8, use_spatial_transformer=True,
        transformer_depth=[1, 1, 1, 1, 1, 1, 0, 0], transformer_depth_output=[1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0],
        transformer_depth_middle=1, context_dim=768, legacy=False, dtype=torch.float16,
        operations=comfy.ops.manual_cast)
    vae = AutoencoderKL(embed_dim=4, ddconfig={
        "double_z": True, "z_channels": 4, "resolution": 256, "in_channels": 3, "out_ch": 3, "ch": 128,
        "ch_mult": [1, 2, 4, 4], "num_res_blocks": 2, "attn_resolutions": [], "dropout": 0.0})
    clip = CLIPTextModel(CLIPTextConfig(
        vocab_size=49408, hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12,
        max_position_embeddings=77))
    parts = {"model.diffusion_model.": unet, "first_stage_model.": vae, "cond_stage_model.transformer.": clip}
    weights = {}
    for prefix, model in parts.items():
        for name, value in model.state_dict().items():
            if value.is_floating_point():
                if value.dim() > 1:
                    value = torch.randn(value.shape) * (0.5 / value[0].numel() ** 0.5)
                else:
                    value = torch.full(value.shape, float(name.endswith("weight")))
                value = value.half()
            weights[prefix + name] = value.contiguous()
    safetensors.torch.save_file(weights, target)


class Server:
    """ComfyUI on a free port."""

    def __init__(self, comfyui):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.log = tempfile.NamedTemporaryFile("w+", suffix=".log")
        self.process = subprocess.Popen(
            [sys.executable, "main.py", "--cpu", "--port", str(port), "--disable-all-custom-nodes",
             "--disable-api-nodes", "--preview-method", "latent2rgb", "--preview-size", "32"],
            cwd=comfyui, stdout=self.log, stderr=subprocess.STDOUT)

    def __enter__(self):
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            try:
                self.get("/system_stats")
                return self
            except OSError:
                time.sleep(0.2)
        self.log.seek(0)
        self.__exit__()
        raise SystemExit(f"ComfyUI does not start:\n{self.log.read()[-2000:]}")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            return json.load(answer)


def graph(name, **inputs):
    """A workflow that comes with Hearth, with inputs such as `n3_steps=2`."""
    nodes = json.loads((WORKFLOWS / f"{name}.json").read_text())["graph"]
    for key, value in inputs.items():
        node, field = key[1:].split("_", 1)
        nodes[node]["inputs"][field] = value
    return nodes


async def record(server, name, nodes, interrupt=False):
    """Submits a graph and writes what the server says until it has ended."""
    import aiohttp

    prompt = str(uuid.uuid4())
    steps, done, has_ended = [], False, False
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(f"{server.url}/ws?clientId={prompt}", max_msg_size=0) as channel:
            await channel.send_json({"type": "feature_flags", "data": {"supports_preview_metadata": True}})
            body = {"prompt": nodes, "client_id": prompt, "prompt_id": prompt}
            async with session.post(f"{server.url}/prompt", json=body) as answer:
                refusal = None if answer.status == 200 else await answer.json()
            while not done and refusal is None:
                message = await channel.receive(timeout=RUN_SECONDS)
                if message.type == aiohttp.WSMsgType.BINARY:
                    steps.append({"binary": base64.b64encode(message.data).decode()})
                    continue
                text = json.loads(message.data)
                kind, data = text["type"], text["data"]
                if kind == "status" and has_ended:
                    # The history is written before the length of the queue is sent.
                    async with session.get(f"{server.url}/history/{prompt}") as answer:
                        steps.append({"history": without_traces((await answer.json())[prompt])})
                    has_ended = False
                steps.append({"text": without_traces(text)})
                has_ended = has_ended or kind in ("execution_success", "execution_error", "execution_interrupted")
                done = kind == "executing" and data.get("node") is None and data.get("prompt_id") == prompt
                if kind == "progress" and interrupt:
                    interrupt = False
                    await session.post(f"{server.url}/interrupt", json={"prompt_id": prompt})
    kinds = [step["text"]["type"] if "text" in step else next(iter(step)) for step in steps]
    print(f"{name}: {' '.join(kinds) or 'refused'}")
    lines = ",\n".join(json.dumps(step) for step in steps)
    (RECORDINGS / f"{name}.json").write_text(
        f'{{"prompt_id": "{prompt}", "refusal": {json.dumps(refusal)}, "steps": [\n{lines}\n]}}\n')
    return steps


def without_traces(value):
    """Without what names folders of this machine, and the graph, which the history repeats."""
    if isinstance(value, dict):
        left_out = ("traceback", "current_inputs", "current_outputs")
        return {key: without_traces(entry) for key, entry in value.items() if key not in left_out and key != "prompt"}
    return [without_traces(entry) for entry in value] if isinstance(value, list) else value


async def record_all(server, comfyui):
    RECORDINGS.mkdir(parents=True, exist_ok=True)
    small = {"n4_ckpt_name": CHECKPOINT, "n5_width": 64, "n5_height": 64}
    steps = await record(server, "txt2img", graph("txt2img", n3_steps=3, n6_text="a lantern", **small))
    save_picture(server, steps)
    await record(server, "interrupted", graph("txt2img", n3_steps=40, n3_seed=2, **small), interrupt=True)
    await record(server, "refused", graph("txt2img", n3_sampler_name="dpmpp_9", **small))
    broken = comfyui / "models" / "checkpoints" / "broken.safetensors"
    broken.write_bytes(b"x" * 64)
    try:
        await record(server, "node_error", graph("txt2img", **{**small, "n4_ckpt_name": broken.name}))
    finally:
        broken.unlink()
    names = {node["class_type"] for path in WORKFLOWS.glob("*.json")
             for node in json.loads(path.read_text())["graph"].values()}
    answers = {name: server.get(f"/object_info/{urllib.parse.quote(name)}") for name in sorted(names)}
    inputs = {name: {key: {"input": entry["input"]} for key, entry in answer.items()}
              for name, answer in answers.items()}
    (RECORDINGS / "nodes.json").write_text(
        "{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in inputs.items()) + "\n}\n")


def save_picture(server, steps):
    executed = next(step["text"]["data"] for step in steps if step.get("text", {}).get("type") == "executed")
    query = urllib.parse.urlencode(executed["output"]["images"][0])
    with urllib.request.urlopen(f"{server.url}/view?{query}", timeout=30) as answer:
        (RECORDINGS / "picture.png").write_bytes(answer.read())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("comfyui", type=pathlib.Path, help="folder of ComfyUI's code")
    parser.add_argument("--record", action="store_true", help="write the recordings that the tests replay")
    parser.add_argument("--tests", default="swift test --filter RealComfyUITests", help="command; empty: none")
    options = parser.parse_args()
    comfyui = options.comfyui.resolve()
    checkpoint = comfyui / "models" / "checkpoints" / CHECKPOINT
    if not checkpoint.exists():
        subprocess.run(
            [sys.executable, "-c", "import pathlib, sys; sys.path.insert(0, sys.argv[1]); import comfyui_test; "
             "comfyui_test.make_checkpoint(pathlib.Path(sys.argv[2]), sys.argv[3])",
             str(ROOT / "Tools"), str(comfyui), str(checkpoint)], check=True)
    with Server(comfyui) as server:
        if options.record:
            asyncio.run(record_all(server, comfyui))
        if options.tests:
            environment = {**os.environ, "COMFYUI_URL": server.url}
            raise SystemExit(subprocess.run(options.tests, shell=True, cwd=ROOT, env=environment).returncode)


if __name__ == "__main__":
    main()
