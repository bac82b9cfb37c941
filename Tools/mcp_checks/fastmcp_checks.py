"""FastMCP's client, which others have written."""

import asyncio

from checker import checker
from fastmcp import Client
from fastmcp.client.transports import StdioTransport, StreamableHttpTransport


async def check(transport, picture, expect):
    async with Client(transport) as client:
        tools = await client.list_tools()
        expect("tools are listed", [tool.name for tool in tools][0] == "register_character_anchor")
        made = await client.call_tool("register_character_anchor",
                                      {"name": "Fast", "project": "fast", "path": str(picture)})
        job = made.structured_content["job_id"]
        heard = []

        async def progress(value, total, message):
            heard.append(value)

        waited = await client.call_tool("wait_for_job", {"job_id": job}, progress_handler=progress)
        expect("a job is waited for", waited.structured_content["state"] == "completed")
        failed = await client.call_tool("get_job", {"job_id": "x"}, raise_on_error=False)
        expect("an error is a result", failed.is_error)
        contents = await client.read_resource(f"hearth://jobs/{job}")
        expect("a resource is read", "completed" in contents[0].text)
        prompt = await client.get_prompt("shot", {"prompt": "a lantern"})
        expect("a prompt is read", "lantern" in prompt.messages[0].content.text)


async def run_checks(place, expect):
    stdio = StdioTransport(str(place.hearth), ["mcp"], env=place.environment(), keep_alive=False)
    await check(stdio, place.pictures / "picture-2.jpg", lambda what, holds: expect(f"stdio: {what}", holds))
    inbox = place.server.data / "inbox" / "fast.jpg"
    inbox.write_bytes((place.pictures / "picture-3.jpg").read_bytes())
    http = StreamableHttpTransport(f"{place.url}/mcp")
    await check(http, "fast.jpg", lambda what, holds: expect(f"http: {what}", holds))


def run(place):
    """Runs all checks and returns what failed."""
    expect, failures = checker("fastmcp")
    asyncio.run(run_checks(place, expect))
    return failures
