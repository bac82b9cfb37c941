"""The official Python client: both eras, both transports."""

import asyncio
import json
import time

import jsonschema
from checker import checker, holds_base64, texts
from mcp import MCPError, StdioServerParameters
from mcp.client.client import Client

MODES = ["auto", "legacy", "2026-07-28"]


def structured(result):
    return result.structured_content


async def register(client, expect, place, mode):
    picture = place.pictures / "picture-0.jpg"
    heard = []

    async def progress(value, total, message):
        heard.append(value)

    made = await client.call_tool("register_character_anchor",
                                  {"name": f"Mira {mode}", "project": "mcp", "path": str(picture)})
    answer = structured(made)
    expect("a picture is registered by its path", not made.is_error and answer["job_id"] and answer["anchor_id"])
    expect("the text is the same as the structured part", json.loads(texts(made)[0]) == answer)
    waited = await client.call_tool("wait_for_job", {"job_id": answer["job_id"]}, progress_callback=progress)
    expect("its job ends", structured(waited)["state"] == "completed" and not structured(waited)["timed_out"])
    expect("progress rises", heard == sorted(set(heard)))
    found = await client.call_tool("find_character", {"path": str(picture), "project": "mcp"})
    # Each transport has registered it for a character of its own.
    expect("the picture finds its character",
           answer["character_id"] in [match["character_id"] for match in structured(found)["matches"]])
    again = await client.call_tool("register_character_anchor",
                                   {"name": f"Mira {mode}", "project": "mcp", "path": picture.as_uri()})
    expect("the same picture adds nothing", structured(again)["is_new"] is False)
    anchor = await client.read_resource(f"hearth://characters/{answer['character_id']}/anchor")
    expect("its picture is a resource", anchor.contents[0].mime_type == "image/jpeg" and anchor.contents[0].blob)
    expect("no base64 in texts", not holds_base64(made, picture.read_bytes()))
    return answer


async def refuse(client, expect, place):
    for what, arguments in [
        ("a path outside", {"path": "/etc/passwd"}),
        ("a link that leads out", {"path": str(place.pictures / "escape.jpg")}),
        ("a folder", {"path": str(place.pictures)}), ("a device", {"path": "/dev/zero"}),
        ("two pictures", {"path": "a", "url": "https://example.org/a.png"}), ("no picture", {}),
        ("an address", {"url": "http://127.0.0.1:1/a.png"}), ("a bad upload", {"upload_id": "nothing"}),
        ("base64 of no picture", {"image_base64": "AAAA"}),
    ]:
        result = await client.call_tool("register_character_anchor", {"name": "X"} | arguments)
        error = json.loads(texts(result)[0])["error"]
        expect(f"{what} is refused with advice", result.is_error and error["message"] and error.get("hint"))
    for what, call in [("an unknown tool", client.call_tool("no_such_tool", {})),
                       ("an unknown resource", client.read_resource("hearth://jobs/x")),
                       ("an unknown prompt", client.get_prompt("no_such_prompt"))]:
        try:
            await call
            expect(f"{what} is refused", False)
        except MCPError as error:
            expect(f"{what} is refused", error.error.code == -32602)


async def look_around(client, expect, answer):
    tools = (await client.list_tools()).tools
    names = [tool.name for tool in tools]
    expect("at most 14 tools, in one order",
           len(names) <= 14 and names[0] == "register_character_anchor" and names[-1] == "server_status")
    for tool in tools:
        jsonschema.Draft202012Validator.check_schema(tool.input_schema)
        jsonschema.Draft202012Validator.check_schema(tool.output_schema)
    expect("schemas are schemas", True)
    read_only = {tool.name for tool in tools if tool.annotations.read_only_hint}
    expect("hints say what only reads", {"list_characters", "get_job", "find_character"} <= read_only
           and "register_character_anchor" not in read_only)
    prompts = {prompt.name for prompt in (await client.list_prompts()).prompts}
    expect("prompts are there", prompts == {"new-character", "shot", "storyboard"})
    shot = await client.get_prompt("shot", {"prompt": "a red lantern"})
    expect("a prompt has its words as data", "a red lantern" in shot.messages[0].content.text)
    templates = {str(t.uri_template) for t in (await client.list_resource_templates()).resource_templates}
    expect("templates are there", "hearth://jobs/{job_id}" in templates)
    resources = (await client.list_resources()).resources
    expect("characters are resources", any(answer["character_id"] in str(r.uri) for r in resources))
    job = await client.read_resource(f"hearth://jobs/{answer['job_id']}")
    expect("a job is read", json.loads(job.contents[0].text)["status"] == "completed")
    for name in ["server_status", "list_jobs", "list_characters"]:
        result = await client.call_tool(name, {})
        expect(f"{name} answers by its schema", not result.is_error)
    link = structured(await client.call_tool("upload_link", {}))
    expect("a link is an address", link["url"].startswith("http://127.0.0.1:"))


async def check(target, place, mode, expect):
    async with Client(target, mode=mode) as client:
        answer = await register(client, expect, place, mode)
        await look_around(client, expect, answer)
        await refuse(client, expect, place)


async def listen(target, expect):
    """News of a job, in the era that has streams for it."""
    async with Client(target) as client:
        job = structured(await client.call_tool("list_jobs", {"limit": 1}))["items"][0]["job_id"]
        async with client.listen(resource_subscriptions=[f"hearth://jobs/{job}"]) as subscription:
            expect("a subscription is acknowledged", subscription is not None)


async def first_line(place, expect):
    """The first answer of a cold start, without a server."""
    data = place.folder / "cold"
    times = []
    for message in ["server/discover", "initialize"]:
        start = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            place.hearth, "mcp", env=place.environment(data), stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE)
        params = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
        if message == "server/discover":
            params = {"_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
                                "io.modelcontextprotocol/clientCapabilities": {}}}
        line = json.dumps({"jsonrpc": "2.0", "id": 1, "method": message, "params": params})
        process.stdin.write(line.encode() + b"\n")
        reply = json.loads(await process.stdout.readline())
        times.append(1000 * (time.monotonic() - start))
        process.stdin.close()
        expect(f"{message} is answered by a cold start in {times[-1]:.0f} ms", "result" in reply and times[-1] < 500)
        expect("it ends with its input", await asyncio.wait_for(process.wait(), 5) == 0)
    place.end_server_of(data)


async def registration_time(place, expect):
    """A picture of 1 MB by its path over standard input and output."""
    source = (place.pictures / "picture-1.jpg").read_bytes()
    parameters = StdioServerParameters(command=str(place.hearth), args=["mcp"], env=place.environment())
    times = []
    async with Client(parameters) as client:
        await client.list_tools()
        for number in range(40):
            # Bytes behind the end of a JPEG are no part of it, and make each file another one.
            comment = b"\xff\xfe\xff\xff" + bytes([number]) + bytes(65532)
            picture = source[:2] + comment * 16 + source[2:]
            path = place.pictures / f"large-{number}.jpg"
            path.write_bytes(picture)
            start = time.monotonic()
            made = await client.call_tool("register_character_anchor",
                                          {"name": "Large", "project": "time", "path": str(path)})
            times.append(1000 * (time.monotonic() - start))
            if made.is_error:
                expect(f"a picture of {len(picture)} bytes is registered: {texts(made)[0]}", False)
                return
    first, rest = times[0], sorted(times[1:])
    middle = rest[len(rest) // 2]
    print(f"  1 MB by path over stdio: first {first:.1f} ms, p50 {middle:.1f} ms, slowest {rest[-1]:.1f} ms")
    expect("a registration by path is quick", first < 1000 and middle < 100)


async def in_flight(place, expect):
    """Many calls at once over HTTP: each is answered, none is lost."""
    async with Client(f"{place.url}/mcp") as client:
        start = time.monotonic()
        answers = await asyncio.gather(*(client.call_tool("list_characters", {}) for _ in range(place.calls)))
        seconds = time.monotonic() - start
        print(f"  {place.calls} calls in flight: {seconds:.2f} s")
        expect(f"{place.calls} calls in flight are answered", all(not answer.is_error for answer in answers))


async def run_checks(place, expect):
    parameters = StdioServerParameters(command=str(place.hearth), args=["mcp"], env=place.environment())
    for mode in MODES:
        for name, target in [("stdio", parameters), ("http", f"{place.url}/mcp")]:
            def expect_in(what, holds, name=name, mode=mode):
                expect(f"{name}, {mode}: {what}", holds)
            if name == "http":
                # Over HTTP the paths of this machine are the server's, which has its own folders.
                await check(target, HTTPPlace(place), mode, expect_in)
            else:
                await check(target, place, mode, expect_in)
    await listen(f"{place.url}/mcp", expect)
    await listen(parameters, expect)
    await first_line(place, expect)
    await registration_time(place, expect)
    await in_flight(place, expect)


class HTTPPlace:
    """The same place for a client over HTTP: the inbox folder is always open to the server's own user."""

    def __init__(self, place):
        self.pictures = place.server.data / "inbox"
        for path in place.pictures.glob("picture-*.jpg"):
            (self.pictures / path.name).write_bytes(path.read_bytes())
        link = self.pictures / "escape.jpg"
        if not link.is_symlink():
            link.symlink_to(place.folder / "secret.jpg")


def run(place):
    """Runs all checks and returns what failed."""
    expect, failures = checker("official")
    asyncio.run(run_checks(place, expect))
    return failures
