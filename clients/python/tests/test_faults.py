"""What the client does when the server refuses, breaks off or is not there. Needs no Hearth."""

import asyncio
import io
import socket
import unittest

from scripted import BREAK, ScriptedServer, refusal

from hearth_client import (
    AsyncHearth, ConnectionFailed, Hearth, HearthError, InvalidRequest, NotFound, Overloaded, Retry, models)

PROJECT = {"project_id": "p", "name": "comets", "style": "none", "character_count": 0, "created_at": 1}


class RetryTests(unittest.TestCase):
    def setUp(self):
        self.pauses = []

    def client(self, server, **options):
        return Hearth(server.url, sleep=self.pauses.append, **options)

    def test_a_refused_call_is_sent_again_after_the_time_that_the_server_names(self):
        with ScriptedServer(refusal(503, "overloaded", 3), refusal(503, "overloaded"), PROJECT) as server:
            with self.client(server) as hearth:
                self.assertEqual(hearth.studio.projects.create(name="comets").name, "comets")
        self.assertEqual(len(server.asked), 3)
        self.assertEqual(self.pauses[0], 3)
        self.assertTrue(0.25 <= self.pauses[1] <= 0.5, self.pauses)

    def test_a_call_that_may_have_been_done_is_sent_again_only_when_that_does_no_harm(self):
        with ScriptedServer(BREAK) as server, self.client(server) as hearth:
            with self.assertRaises(ConnectionFailed):
                hearth.products.imports.begin()
            self.assertEqual(len(server.asked), 1)
            with self.assertRaises(ConnectionFailed):
                hearth.studio.projects.get("p")
            self.assertEqual(len(server.asked), 1 + Retry().attempts)

    def test_what_the_caller_has_done_wrong_is_not_sent_again(self):
        with ScriptedServer(refusal(404, "not_found")) as server, self.client(server) as hearth:
            with self.assertRaises(NotFound) as raised:
                hearth.studio.projects.get("p")
        error = raised.exception
        self.assertEqual((error.code, error.status, error.allowed), ("not_found", 404, "Later."))
        self.assertEqual(error.details, {"n": 1})
        self.assertEqual(len(server.asked), 1)

    def test_attempts_are_bounded_and_pauses_grow(self):
        with ScriptedServer(refusal(503, "overloaded")) as server:
            with self.client(server, retry=Retry(attempts=6, first=1, longest=4)) as hearth:
                with self.assertRaises(Overloaded):
                    hearth.studio.projects.get("p")
        self.assertEqual(len(server.asked), 6)
        for pause, longest in zip(self.pauses, [1, 2, 4, 4, 4]):
            self.assertTrue(longest / 2 <= pause <= longest, self.pauses)

    def test_a_server_that_is_not_there_is_named(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = f"http://127.0.0.1:{probe.getsockname()[1]}"
        with Hearth(address, sleep=self.pauses.append) as hearth, self.assertRaises(ConnectionFailed) as raised:
            hearth.products.imports.begin()
        self.assertEqual(raised.exception.code, "not_connected")
        self.assertEqual(len(self.pauses), 3, "nothing was sent: it may be tried again")

    def test_an_answer_of_a_proxy_is_an_error_as_well(self):
        with ScriptedServer((502, b"<html>", {})) as server, self.client(server) as hearth:
            with self.assertRaises(HearthError) as raised:
                hearth.products.imports.begin()
        self.assertEqual((raised.exception.code, raised.exception.status), ("http_502", 502))

    def test_a_file_is_sent_whole_at_every_attempt(self):
        answer = {"anchor_id": "a", "character_id": "c", "project_id": "p", "job_id": "j", "websocket_url": "/ws/j",
                  "is_new": True, "is_remembered": True}
        with ScriptedServer(refusal(503, "overloaded"), answer) as server, self.client(server) as hearth:
            source = io.BytesIO(b"picture" * 1000)
            source.seek(6)
            hearth.studio.anchors.register(source, name="Bolt")
        for _, _, body, _ in server.asked:
            self.assertEqual(body.count(b"picture"), 1000)

    def test_the_same_holds_for_asyncio(self):
        async def pause(seconds):
            self.pauses.append(seconds)

        async def run(url):
            async with AsyncHearth(url, sleep=pause) as hearth:
                project = await hearth.studio.projects.create(name="comets")
                with self.assertRaises(InvalidRequest):
                    await hearth.studio.projects.create(name="")
                return project

        answers = [refusal(503, "overloaded", 2), PROJECT, refusal(400, "invalid_request")]
        with ScriptedServer(*answers) as server:
            self.assertEqual(asyncio.run(run(server.url)).project_id, "p")
        self.assertEqual(self.pauses, [2])


class StreamTests(unittest.TestCase):
    """An event stream that breaks off is gone on with behind the last event."""

    JOB = {"job_id": "j", "kind": "k", "lane": "embed", "status": "in_progress", "priority": 0, "attempt": 1,
           "maximum_attempts": 5, "progress": 0, "last_event": 3, "created_at": 1, "run_at": 1}

    @staticmethod
    def stream(*numbers, final=None):
        states = ["in_progress"] * (len(numbers) - 1) + [final or "in_progress"]
        events = "".join(
            f'id: {number}\nevent: progress\ndata: {{"job_id":"j","number":{number},"status":"{state}",'
            f'"progress":0.5,"percentage":50,"at":1}}\n\n' for number, state in zip(numbers, states))
        return 200, (":\n\n" + events).encode(), {"Content-Type": "text/event-stream"}

    def answers(self):
        done = self.JOB | {"status": "completed"}
        return [self.stream(1, 2), self.JOB, BREAK, self.stream(3, 4, final="completed"), done]

    def test_no_event_is_lost_or_shown_twice(self):
        with ScriptedServer(*self.answers()) as server, Hearth(server.url, sleep=lambda _: None) as hearth:
            seen = []
            job = hearth.jobs.wait("j", on_event=lambda event: seen.append(event.number))
        self.assertEqual(job.status, "completed")
        self.assertEqual(seen, [1, 2, 3, 4])
        self.assertEqual([path for _, path, _, _ in server.asked if "events" in path],
                         [f"/jobs/j/events?since={since}" for since in (0, 2, 2)])

    def test_the_same_holds_for_asyncio(self):
        async def run(url):
            async def pause(_):
                pass

            async with AsyncHearth(url, sleep=pause) as hearth:
                return [event.number async for event in hearth.jobs.events("j")]

        with ScriptedServer(*self.answers()) as server:
            self.assertEqual(asyncio.run(run(server.url)), [1, 2, 3, 4])


class ModelTests(unittest.TestCase):
    def test_fields_of_a_newer_server_are_left_out(self):
        answer = {"items": [PROJECT | {"new": 1}], "next_cursor": None}
        with ScriptedServer(answer) as server, Hearth(server.url) as hearth:
            page = hearth.studio.projects.list()
        self.assertEqual(page, models.Page(items=[models.Project(**PROJECT)], next_cursor=None))


if __name__ == "__main__":
    unittest.main()
