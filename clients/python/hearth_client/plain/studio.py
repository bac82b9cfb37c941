"""Operations of `studio`.

Written by `generate.py` from the server's /openapi.json; changes by hand are lost."""

from __future__ import annotations

from typing import Any, Dict, List, Literal

from .. import models
from .._call import Call, Upload
from .._extra import StudioCharactersExtra, StudioProjectsExtra
from .._sync_send import Sender


class StudioCharactersAnchors:
    """`studio.characters.anchors`"""

    def __init__(self, client: Sender) -> None:
        self._client = client

    def register(
        self, character_id: str, image: Upload, *, role: Literal["primary", "front", "side", "back", "face",
        "expression", "outfit", "pose"] | None = None, wait: bool | None = None,
    ) -> models.RegisteredAnchor:
        """Register another picture of a character.

        As `studio.anchors.register`, for a character that exists already: it is named by its identifier.

        character_id: Identifier of a character.
        role: Which view of the character it is; `primary` when absent.
        wait: Answer when the work that follows has ended, such as making the vector. After 20 s, or the shorter
            time of `x-hearth-timeout-ms`, the answer is 202 and says how far it is; the work goes on.
        """
        return self._client.run(Call(
            "studio.characters.anchors.register", "POST", "/api/characters/{character_id}/anchors",
            models.RegisteredAnchor,
            in_path={"character_id": character_id},
            body={"role": role, "wait": wait},
            file=("image", image),
            is_idempotent=True))


class StudioCharactersBible:
    """`studio.characters.bible`"""

    def __init__(self, client: Sender) -> None:
        self._client = client

    def update(
        self, character_id: str, *, version: int | None = None, note: str | None = None, appearance: str | None =
        None, personality: str | None = None, backstory: str | None = None, voice: str | None = None, wardrobe: str
        | None = None, style: str | None = None, relationships: List[Dict[str, Any]] | None = None, do: List[str] |
        None = None, dont: List[str] | None = None, extra: Dict[str, Any] | None = None,
    ) -> models.CharacterBible:
        """Change what is known of a character.

        Changes the fields that are given and leaves the others as they are; an empty text or list removes what was
        there, and `extra` is merged into what there is. Each change is a version that can be compared and restored;
        one that changes nothing makes none. With `version` the change is refused with `conflict` when another one
        came first; the error says what is current.

        character_id: Identifier of a character.
        version: The version that the change is based on; any when absent.
        note: Why it is changed; kept with the version.
        appearance: What the character looks like.
        personality: How the character is.
        backstory: Where the character comes from.
        voice: How the character speaks and sounds.
        wardrobe: What the character wears.
        style: How the character is drawn.
        relationships: Who others are to the character.
        do: What pictures of the character must show.
        dont: What pictures of the character must never show.
        extra: Anything else, as a JSON object of at most 64 kB. A change is merged into what there is; a member
            that is null is removed.
        """
        return self._client.run(Call(
            "studio.characters.bible.update", "PATCH", "/api/characters/{character_id}/bible",
            models.CharacterBible,
            in_path={"character_id": character_id},
            body={"version": version, "note": note, "appearance": appearance, "personality": personality,
            "backstory": backstory, "voice": voice, "wardrobe": wardrobe, "style": style, "relationships":
            relationships, "do": do, "dont": dont, "extra": extra},
            is_idempotent=True))

    def get(self, character_id: str, *, version: int | None = None) -> models.CharacterBible:
        """Show what is known of a character: its bible.

        Answers the current version, or the one that `version` names. A browser that asks for `text/html` gets a
        page that can be printed.

        character_id: Identifier of a character.
        version: An older version; the current one when absent.
        """
        return self._client.run(Call(
            "studio.characters.bible.get", "GET", "/api/characters/{character_id}/bible", models.CharacterBible,
            in_path={"character_id": character_id},
            query={"version": version},
            is_idempotent=True))

    def restore(
        self, character_id: str, *, restore_version: int, version: int | None = None, note: str | None = None,
    ) -> models.CharacterBible:
        """Make an older version of a character's bible the current one.

        The content of the older version becomes a new one; no version is lost. With `version` it is refused with
        `conflict` when that is not the current one.

        character_id: Identifier of a character.
        restore_version: The version whose content comes back.
        version: The version that is current as far as the caller knows; any when absent.
        note: Why it is changed; kept with the version.
        """
        return self._client.run(Call(
            "studio.characters.bible.restore", "POST", "/api/characters/{character_id}/bible/restore",
            models.CharacterBible,
            in_path={"character_id": character_id},
            body={"restore_version": restore_version, "version": version, "note": note},
            is_idempotent=True))

    def versions(
        self, character_id: str, *, cursor: str | None = None, limit: int | None = None,
    ) -> models.Page[models.BibleVersion]:
        """List the versions of a character's bible, newest first.

        Answers who made each version, when, how and why. A page; pass its `next_cursor` as `cursor` to get the next
        one. The newest 1000 versions are kept.

        character_id: Identifier of a character.
        cursor: `next_cursor` of the page before; absent for the first page.
        limit: Entries of a page; 50 when absent.
        """
        return self._client.run(Call(
            "studio.characters.bible.versions", "GET", "/api/characters/{character_id}/bible/versions",
            models.Page[models.BibleVersion],
            in_path={"character_id": character_id},
            query={"cursor": cursor, "limit": limit},
            is_idempotent=True))

    def diff(
        self, character_id: str, *, from_: int | None = None, to: int | None = None,
    ) -> models.BibleDifference:
        """Show in what two versions of a character's bible differ.

        Answers texts as wholes, lists by their entries, and `extra` by its members. Without `from` it is the
        version before `to`, without `to` the current one; version 0 is the empty bible.

        character_id: Identifier of a character.
        from_: The older version; the one before `to` when absent.
        to: The newer version; the current one when absent.
        """
        return self._client.run(Call(
            "studio.characters.bible.diff", "GET", "/api/characters/{character_id}/bible/diff",
            models.BibleDifference,
            in_path={"character_id": character_id},
            query={"from": from_, "to": to},
            is_idempotent=True))


class StudioAnchors:
    """`studio.anchors`"""

    def __init__(self, client: Sender) -> None:
        self._client = client

    def register(
        self, image: Upload, *, project: str | None = None, name: str, role: Literal["primary", "front", "side",
        "back", "face", "expression", "outfit", "pose"] | None = None, wait: bool | None = None,
    ) -> models.RegisteredAnchor:
        """Register a picture of a character; both are made when missing.

        Answers as soon as the picture is on disk and its row and job are committed; a job makes the vector
        afterwards, and recall finds the picture when that job has completed. With `wait` the answer comes then. The
        project and the character are made when there are none with these names. The same picture of the same
        character again changes nothing: `is_new` is false then.

        project: Identifier or name of the project; made when no project has the name. `default` when absent.
        name: The character's name; made when there is none.
        role: Which view of the character it is; `primary` when absent.
        wait: Answer when the work that follows has ended, such as making the vector. After 20 s, or the shorter
            time of `x-hearth-timeout-ms`, the answer is 202 and says how far it is; the work goes on.
        """
        return self._client.run(Call(
            "studio.anchors.register", "POST", "/api/anchors", models.RegisteredAnchor,
            body={"project": project, "name": name, "role": role, "wait": wait},
            file=("image", image),
            is_idempotent=True))

    def list(
        self, character_id: str, *, cursor: str | None = None, limit: int | None = None,
    ) -> models.Page[models.Anchor]:
        """List the pictures of a character, newest first.

        Answers a page; pass its `next_cursor` as `cursor` to get the next one.

        character_id: Identifier of a character.
        cursor: `next_cursor` of the page before; absent for the first page.
        limit: Entries of a page; 50 when absent.
        """
        return self._client.run(Call(
            "studio.anchors.list", "GET", "/api/characters/{character_id}/anchors", models.Page[models.Anchor],
            in_path={"character_id": character_id},
            query={"cursor": cursor, "limit": limit},
            is_idempotent=True))

    def delete(self, anchor_id: str) -> models.Deletion:
        """Delete a picture with its file and vector.

        Deletes the row, the vector and the file, and cancels the job that would make the vector. The character
        stays.

        anchor_id: Identifier of an anchor.
        """
        return self._client.run(Call(
            "studio.anchors.delete", "DELETE", "/api/anchors/{anchor_id}", models.Deletion,
            in_path={"anchor_id": anchor_id},
            is_idempotent=True))

    def get(self, anchor_id: str) -> models.Anchor:
        """Show one picture's record.

        Answers where the picture lies, its size and checksum, its job, and whether recall finds it.

        anchor_id: Identifier of an anchor.
        """
        return self._client.run(Call(
            "studio.anchors.get", "GET", "/api/anchors/{anchor_id}", models.Anchor,
            in_path={"anchor_id": anchor_id},
            is_idempotent=True))


class StudioCharacters(StudioCharactersExtra):
    """`studio.characters`"""

    def __init__(self, client: Sender) -> None:
        super().__init__(client)
        self.anchors = StudioCharactersAnchors(client)
        self.bible = StudioCharactersBible(client)

    def create(
        self, *, project: str | None = None, project_id: str | None = None, name: str, handle: str | None = None,
        description: str | None = None, appearance: str | None = None, personality: str | None = None, backstory:
        str | None = None, voice: str | None = None, wardrobe: str | None = None, style: str | None = None,
        relationships: List[Dict[str, Any]] | None = None, do: List[str] | None = None, dont: List[str] | None =
        None, extra: Dict[str, Any] | None = None,
    ) -> models.Character:
        """Create a character; its project must exist.

        Answers the new character, which has no pictures yet. A name or a handle that the project has already is
        refused with `conflict`; without `handle` it gets one that its name suggests. Fields of the bible become its
        first version. `studio.anchors.register` makes the character by itself.

        project: Identifier or name of a project.
        project_id: As `project`: one of them, or neither.
        name: Unique within the project; case does not matter.
        handle: What prompts call the character by, `@sarah`: small letters a to z, digits and `_`; unique within
            the project. Made from the name when absent.
        description: Who the character is, in free text.
        appearance: What the character looks like.
        personality: How the character is.
        backstory: Where the character comes from.
        voice: How the character speaks and sounds.
        wardrobe: What the character wears.
        style: How the character is drawn.
        relationships: Who others are to the character.
        do: What pictures of the character must show.
        dont: What pictures of the character must never show.
        extra: Anything else, as a JSON object of at most 64 kB. A change is merged into what there is; a member
            that is null is removed.
        """
        return self._client.run(Call(
            "studio.characters.create", "POST", "/api/characters", models.Character,
            body={"project": project, "project_id": project_id, "name": name, "handle": handle, "description":
            description, "appearance": appearance, "personality": personality, "backstory": backstory, "voice":
            voice, "wardrobe": wardrobe, "style": style, "relationships": relationships, "do": do, "dont": dont,
            "extra": extra},
            is_idempotent=False))

    def list(
        self, *, project: str | None = None, is_provisional: bool | None = None, cursor: str | None = None, limit:
        int | None = None,
    ) -> models.Page[models.Character]:
        """List the characters, of one project or of all, newest first.

        Answers a page; pass its `next_cursor` as `cursor` to get the next one. Each entry says how many pictures
        the character has, how many of them recall finds, and whether it is provisional: made from a video, and not
        confirmed yet.

        project: Identifier or name of a project.
        is_provisional: Only provisional characters, or only others; all when absent.
        cursor: `next_cursor` of the page before; absent for the first page.
        limit: Entries of a page; 50 when absent.
        """
        return self._client.run(Call(
            "studio.characters.list", "GET", "/api/characters", models.Page[models.Character],
            query={"project": project, "is_provisional": is_provisional, "cursor": cursor, "limit": limit},
            is_idempotent=True))

    def update(
        self, character_id: str, *, name: str | None = None, handle: str | None = None, description: str | None =
        None,
    ) -> models.Character:
        """Give a character another name, handle or description.

        Changes the fields that are given and leaves the others as they are.

        character_id: Identifier of a character.
        name: The new name.
        handle: What prompts call the character by, `@sarah`: small letters a to z, digits and `_`; unique within
            the project. Made from the name when absent.
        description: Who the character is, in free text.
        """
        return self._client.run(Call(
            "studio.characters.update", "PATCH", "/api/characters/{character_id}", models.Character,
            in_path={"character_id": character_id},
            body={"name": name, "handle": handle, "description": description},
            is_idempotent=True))

    def delete(self, character_id: str) -> models.Deletion:
        """Delete a character with its files and vectors.

        Deletes the character with its pictures, its outputs, files and vectors, and cancels the jobs about them.
        This cannot be undone. Answers how many there were.

        character_id: Identifier of a character.
        """
        return self._client.run(Call(
            "studio.characters.delete", "DELETE", "/api/characters/{character_id}", models.Deletion,
            in_path={"character_id": character_id},
            is_idempotent=True))

    def get(self, character_id: str) -> models.Character:
        """Show one character.

        Answers the character with the number of its pictures and of those that recall finds; by the identifier of
        one that was merged into another, that other one.

        character_id: Identifier of a character.
        """
        return self._client.run(Call(
            "studio.characters.get", "GET", "/api/characters/{character_id}", models.Character,
            in_path={"character_id": character_id},
            is_idempotent=True))

    def merge(self, character_id: str, *, other_character_id: str) -> models.MergedCharacter:
        """Make two characters of a project one.

        The pictures, outputs and vectors of the other character become those of the one that stays, and what its
        bible does not say it takes from the other's. Pictures that both have are kept once; files stay where they
        are. The other's identifier then stands for the one that stays. `studio.characters.unmerge` takes it back
        for 7 days.

        character_id: Identifier of the character that stays, with its name.
        other_character_id: Identifier of the character whose pictures it gets; its identifier then stands for the
            one that stays. Pictures that both have are kept once.
        """
        return self._client.run(Call(
            "studio.characters.merge", "POST", "/api/characters/{character_id}/merge", models.MergedCharacter,
            in_path={"character_id": character_id},
            body={"other_character_id": other_character_id},
            is_idempotent=True))

    def unmerge(self, character_id: str) -> models.UnmergedCharacter:
        """Take a merge of two characters back.

        The merged character is there again with its name, handle, bible and the pictures that it had given; what
        the other one got since then stays with it. Refused with `conflict` when its time is over, when the other
        character was merged or deleted since, or when another one has the name now.

        character_id: Identifier of the character that was merged into another one.
        """
        return self._client.run(Call(
            "studio.characters.unmerge", "POST", "/api/characters/{character_id}/unmerge", models.UnmergedCharacter,
            in_path={"character_id": character_id},
            body={},
            is_idempotent=True))

    def confirm(
        self, character_id: str, *, name: str | None = None, handle: str | None = None,
    ) -> models.Character:
        """Say that a provisional character is one.

        The mark is taken away, and the character gets the name and the handle that are given. A character that is
        confirmed already only changes its names.

        character_id: Identifier of a character.
        name: Its name from now on; it stays when absent.
        handle: What prompts call the character by, `@sarah`: small letters a to z, digits and `_`; unique within
            the project. Made from the name when absent.
        """
        return self._client.run(Call(
            "studio.characters.confirm", "POST", "/api/characters/{character_id}/confirm", models.Character,
            in_path={"character_id": character_id},
            body={"name": name, "handle": handle},
            is_idempotent=True))

    def drop(self, character_id: str) -> models.Deletion:
        """Delete a provisional character with its pictures.

        Deletes the character as `studio.characters.delete` does; the output that it was made of stays. Refused with
        `conflict` for a character that is not provisional.

        character_id: Identifier of a character.
        """
        return self._client.run(Call(
            "studio.characters.drop", "POST", "/api/characters/{character_id}/drop", models.Deletion,
            in_path={"character_id": character_id},
            body={},
            is_idempotent=True))

    def search(
        self, *, q: str, project: str | None = None, limit: int | None = None,
    ) -> models.CharacterSearch:
        """Find characters by words: names, handles, descriptions and bibles.

        Finds the characters that have all words; a word also finds those that it begins, and words in quotes must
        stand together. Case and accents do not matter, and scripts without blanks between words are found by any
        part. Names count most. Each match has pieces of text that show where the words stand.

        q: Words, the beginnings of words, or phrases in quotes.
        project: Identifier or name of a project.
        limit: Most matches wanted; 20 when absent.
        """
        return self._client.run(Call(
            "studio.characters.search", "GET", "/api/characters/search", models.CharacterSearch,
            query={"q": q, "project": project, "limit": limit},
            is_idempotent=True))


class StudioGenerators:
    """`studio.generators`"""

    def __init__(self, client: Sender) -> None:
        self._client = client

    def list(self) -> models.GeneratorList:
        """List the generators of this server, and what each of them can make.

        Says which kinds, sizes and lengths each generator makes, and what it needs. `is_default` says for which
        kinds it is chosen when a call names none.
        """
        return self._client.run(Call(
            "studio.generators.list", "GET", "/api/generators", models.GeneratorList,
            is_idempotent=True))


class StudioOutputs:
    """`studio.outputs`"""

    def __init__(self, client: Sender) -> None:
        self._client = client

    def generate(
        self, *, prompt: str, project_id: str | None = None, project: str | None = None, character_id: str | None =
        None, character: str | None = None, style_preset: str | None = None, kind: Literal["image", "video"] | None
        = None, generator: str | None = None, workflow: str | None = None, width: int | None = None, height: int |
        None = None, aspect: Literal["16:9", "9:16", "1:1"] | None = None, seconds: float | None = None, seed: int |
        None = None, steps: int | None = None, sampler: str | None = None, scheduler: str | None = None, cfg: float
        | None = None, negative_prompt: str | None = None, reference_weight: float | None = None, pictures:
        List[Dict[str, Any]] | None = None, n: int | None = None, minimum_similarity: float | None = None,
        maximum_tries: int | None = None, preview: bool | None = None, idempotency_key: str | None = None, wait:
        bool | None = None,
    ) -> models.GeneratedOutput:
        """Make a picture or a video of a prompt, with a character in it.

        Answers at once with the job, the recipe and where to watch; the output is made by a worker. With `wait` the
        answer comes when it is there. The built-in generators are `storyboard` (pictures) and `animatic` (videos):
        they compose the character's registered pictures and draw the rest, without a model. What is left out comes
        from the style preset; the seed is chosen at random then and reported. The same recipe and seed make the
        same bytes with them. `@handle` in the prompt names a character of the project, who is seen then as well.

        prompt: What is to be seen; `@handle` names a character of the project.
        project_id: Identifier of a project.
        project: Identifier or name of a project, instead of `project_id`. The character's when absent, or
            `default`.
        character_id: Identifier of the character that is to be seen.
        character: Name of a character of the project, instead of `character_id`.
        style_preset: Identifier of a style; the project's when absent.
        kind: `image` when absent.
        generator: Which generator makes it; the one of the settings when absent.
        workflow: Which workflow a generator that has some runs.
        width: Pixels; with `height`, instead of `aspect`.
        height: Pixels.
        aspect: `16:9` when neither this nor a size is given.
        seconds: Length of a video; 4 when absent.
        seed: The same seed makes the same output, where the generator can. At random, and reported, when absent.
        steps: Sampling steps; the style's when absent.
        sampler: The style's when absent.
        scheduler: The style's when absent.
        cfg: How strongly the prompt counts; the style's when absent.
        negative_prompt: What is to be avoided.
        reference_weight: How much the character's pictures count; 0.8 when absent. The answer says what became of
            it.
        pictures: Pictures that came before by `studio.pictures.add`: what is changed, its mask, or what it shall be
            like.
        n: How many; each is a job of its own. 1 when absent.
        minimum_similarity: Try again, with other seeds, until an output is so similar to the character's picture.
        maximum_tries: How often at most, with `minimum_similarity`; 3 when absent.
        preview: Whether progress events carry small pictures of the output while it is made.
        idempotency_key: The same call again with the same key answers the outputs of the first one; another call
            with it is refused (422 `idempotency_key_reused`).
        wait: Answer when the work that follows has ended, such as making the vector. After 20 s, or the shorter
            time of `x-hearth-timeout-ms`, the answer is 202 and says how far it is; the work goes on.
        """
        return self._client.run(Call(
            "studio.outputs.generate", "POST", "/generate", models.GeneratedOutput,
            body={"prompt": prompt, "project_id": project_id, "project": project, "character_id": character_id,
            "character": character, "style_preset": style_preset, "kind": kind, "generator": generator, "workflow":
            workflow, "width": width, "height": height, "aspect": aspect, "seconds": seconds, "seed": seed, "steps":
            steps, "sampler": sampler, "scheduler": scheduler, "cfg": cfg, "negative_prompt": negative_prompt,
            "reference_weight": reference_weight, "pictures": pictures, "n": n, "minimum_similarity":
            minimum_similarity, "maximum_tries": maximum_tries, "preview": preview, "idempotency_key":
            idempotency_key, "wait": wait},
            is_idempotent=False))

    def generate_video(
        self, *, prompt: str, project_id: str | None = None, project: str | None = None, character_id: str | None =
        None, character: str | None = None, style_preset: str | None = None, kind: Literal["image", "video"] | None
        = None, generator: str | None = None, workflow: str | None = None, width: int | None = None, height: int |
        None = None, aspect: Literal["16:9", "9:16", "1:1"] | None = None, seconds: float | None = None, seed: int |
        None = None, steps: int | None = None, sampler: str | None = None, scheduler: str | None = None, cfg: float
        | None = None, negative_prompt: str | None = None, reference_weight: float | None = None, pictures:
        List[Dict[str, Any]] | None = None, n: int | None = None, minimum_similarity: float | None = None,
        maximum_tries: int | None = None, preview: bool | None = None, idempotency_key: str | None = None, wait:
        bool | None = None,
    ) -> models.GeneratedOutput:
        """Make a video of a prompt, with a character in it.

        As `studio.outputs.generate` with `kind` "video". Each sentence of the prompt becomes a shot; `seconds` says
        how long all of them are.

        prompt: What is to be seen; `@handle` names a character of the project.
        project_id: Identifier of a project.
        project: Identifier or name of a project, instead of `project_id`. The character's when absent, or
            `default`.
        character_id: Identifier of the character that is to be seen.
        character: Name of a character of the project, instead of `character_id`.
        style_preset: Identifier of a style; the project's when absent.
        kind: `image` when absent.
        generator: Which generator makes it; the one of the settings when absent.
        workflow: Which workflow a generator that has some runs.
        width: Pixels; with `height`, instead of `aspect`.
        height: Pixels.
        aspect: `16:9` when neither this nor a size is given.
        seconds: Length of a video; 4 when absent.
        seed: The same seed makes the same output, where the generator can. At random, and reported, when absent.
        steps: Sampling steps; the style's when absent.
        sampler: The style's when absent.
        scheduler: The style's when absent.
        cfg: How strongly the prompt counts; the style's when absent.
        negative_prompt: What is to be avoided.
        reference_weight: How much the character's pictures count; 0.8 when absent. The answer says what became of
            it.
        pictures: Pictures that came before by `studio.pictures.add`: what is changed, its mask, or what it shall be
            like.
        n: How many; each is a job of its own. 1 when absent.
        minimum_similarity: Try again, with other seeds, until an output is so similar to the character's picture.
        maximum_tries: How often at most, with `minimum_similarity`; 3 when absent.
        preview: Whether progress events carry small pictures of the output while it is made.
        idempotency_key: The same call again with the same key answers the outputs of the first one; another call
            with it is refused (422 `idempotency_key_reused`).
        wait: Answer when the work that follows has ended, such as making the vector. After 20 s, or the shorter
            time of `x-hearth-timeout-ms`, the answer is 202 and says how far it is; the work goes on.
        """
        return self._client.run(Call(
            "studio.outputs.generate_video", "POST", "/api/anime/video", models.GeneratedOutput,
            body={"prompt": prompt, "project_id": project_id, "project": project, "character_id": character_id,
            "character": character, "style_preset": style_preset, "kind": kind, "generator": generator, "workflow":
            workflow, "width": width, "height": height, "aspect": aspect, "seconds": seconds, "seed": seed, "steps":
            steps, "sampler": sampler, "scheduler": scheduler, "cfg": cfg, "negative_prompt": negative_prompt,
            "reference_weight": reference_weight, "pictures": pictures, "n": n, "minimum_similarity":
            minimum_similarity, "maximum_tries": maximum_tries, "preview": preview, "idempotency_key":
            idempotency_key, "wait": wait},
            is_idempotent=False))

    def list(
        self, *, project: str | None = None, character_id: str | None = None, kind: Literal["image", "video"] | None
        = None, style_preset: str | None = None, status: Literal["pending", "in_progress", "completed", "failed",
        "cancelled"] | None = None, cursor: str | None = None, limit: int | None = None,
    ) -> models.Page[models.Output]:
        """List pictures and videos that were made, newest first.

        Answers a page; pass its `next_cursor` as `cursor` to get the next one. Outputs that are still being made,
        have failed or were cancelled are in it as well, without a file.

        project: Identifier or name of a project; all when absent.
        character_id: Only outputs of this character.
        kind: Only pictures or only videos.
        style_preset: Only outputs of this style.
        status: Only outputs whose jobs are in this state.
        cursor: `next_cursor` of the page before; absent for the first page.
        limit: Entries of a page; 50 when absent.
        """
        return self._client.run(Call(
            "studio.outputs.list", "GET", "/api/outputs", models.Page[models.Output],
            query={"project": project, "character_id": character_id, "kind": kind, "style_preset": style_preset,
            "status": status, "cursor": cursor, "limit": limit},
            is_idempotent=True))

    def get(self, output_id: str) -> models.Output:
        """Show one output with its recipe, files and similarity.

        The file itself is read by `file.url`, its small picture by `file.thumbnail_url`. Similarity is measured in
        the background and comes a little later than the file.

        output_id: Identifier of an output.
        """
        return self._client.run(Call(
            "studio.outputs.get", "GET", "/api/outputs/{output_id}", models.Output,
            in_path={"output_id": output_id},
            is_idempotent=True))

    def delete(self, output_id: str) -> models.OutputDeletion:
        """Delete an output with its files.

        Deletes the row and all files, and cancels the job that would make them.

        output_id: Identifier of an output.
        """
        return self._client.run(Call(
            "studio.outputs.delete", "DELETE", "/api/outputs/{output_id}", models.OutputDeletion,
            in_path={"output_id": output_id},
            is_idempotent=True))


class StudioPictures:
    """`studio.pictures`"""

    def __init__(self, client: Sender) -> None:
        self._client = client

    def add(self, image: Upload) -> models.RequestPicture:
        """Keep a picture that the next request for an output refers to.

        Answers its identifier: name it in `pictures` of `studio.outputs.generate`, as the picture that is changed,
        as the mask of the change, or as what the output shall be like. The same bytes are kept once. Its structure
        is checked; its pixels are decoded only by the job that uses it, which fails when they cannot be. It is
        deleted 7 days after it was last sent.
        """
        return self._client.run(Call(
            "studio.pictures.add", "POST", "/api/pictures", models.RequestPicture,
            body={},
            file=("image", image),
            is_idempotent=True))


class StudioPresets:
    """`studio.presets`"""

    def __init__(self, client: Sender) -> None:
        self._client = client

    def create(
        self, *, id: str | None = None, name: str, positive: str, negative: str | None = None, steps: int | None =
        None, sampler: str | None = None, scheduler: str | None = None, cfg: float | None = None, grade: Dict[str,
        Any] | None = None,
    ) -> models.StylePreset:
        """Add a style preset of your own.

        `positive` has `{prompt}` once. What is not given has the usual values: 15 steps of dpmpp_2m with karras.
        The names of built-in presets are refused with `conflict`.

        id: What it is called by: small letters, digits, `_` and `-`; made from the name when absent.
        name: What people call it.
        positive: The prompt that is made; it has `{prompt}` once, where the caller's words go.
        negative: What is to be avoided.
        steps: Steps of the sampler; 15 when absent.
        sampler: Sampler, as generators name it; `dpmpp_2m` when absent.
        scheduler: Scheduler of the sampler; `karras` when absent.
        cfg: How strongly the sampler follows the prompt; 7 when absent.
        grade: Colours and textures of pictures that are drawn without a model.
        """
        return self._client.run(Call(
            "studio.presets.create", "POST", "/api/presets", models.StylePreset,
            body={"id": id, "name": name, "positive": positive, "negative": negative, "steps": steps, "sampler":
            sampler, "scheduler": scheduler, "cfg": cfg, "grade": grade},
            is_idempotent=False))

    def list(self) -> models.Page[models.StylePreset]:
        """List the style presets: the built-in ones, then your own.

        A preset is a template around the prompt, what is to be avoided, and the settings of a sampler. Requests
        name one by `style_preset`; a project's `style` is the one of its requests that name none.
        """
        return self._client.run(Call(
            "studio.presets.list", "GET", "/api/presets", models.Page[models.StylePreset],
            is_idempotent=True))

    def update(
        self, preset: str, *, name: str | None = None, positive: str | None = None, negative: str | None = None,
        steps: int | None = None, sampler: str | None = None, scheduler: str | None = None, cfg: float | None =
        None, grade: Dict[str, Any] | None = None,
    ) -> models.StylePreset:
        """Change a style preset of your own.

        Changes the fields that are given and leaves the others as they are. What was made with the preset keeps the
        prompt that it was made with.

        preset: Identifier of a style preset.
        name: What people call it.
        positive: The prompt that is made; it has `{prompt}` once, where the caller's words go.
        negative: What is to be avoided.
        steps: Steps of the sampler; 15 when absent.
        sampler: Sampler, as generators name it; `dpmpp_2m` when absent.
        scheduler: Scheduler of the sampler; `karras` when absent.
        cfg: How strongly the sampler follows the prompt; 7 when absent.
        grade: Colours and textures of pictures that are drawn without a model.
        """
        return self._client.run(Call(
            "studio.presets.update", "PATCH", "/api/presets/{preset}", models.StylePreset,
            in_path={"preset": preset},
            body={"name": name, "positive": positive, "negative": negative, "steps": steps, "sampler": sampler,
            "scheduler": scheduler, "cfg": cfg, "grade": grade},
            is_idempotent=True))

    def delete(self, preset: str) -> models.PresetDeletion:
        """Delete a style preset of your own.

        Refused with `conflict` while a project's style is this preset.

        preset: Identifier of a style preset.
        """
        return self._client.run(Call(
            "studio.presets.delete", "DELETE", "/api/presets/{preset}", models.PresetDeletion,
            in_path={"preset": preset},
            is_idempotent=True))

    def get(self, preset: str) -> models.StylePreset:
        """Show one style preset.

        Answers a built-in preset or one of your own.

        preset: Identifier of a style preset.
        """
        return self._client.run(Call(
            "studio.presets.get", "GET", "/api/presets/{preset}", models.StylePreset,
            in_path={"preset": preset},
            is_idempotent=True))


class StudioProjects(StudioProjectsExtra):
    """`studio.projects`"""

    def __init__(self, client: Sender) -> None:
        super().__init__(client)

    def create(self, *, name: str, style: str | None = None) -> models.Project:
        """Create a project.

        Answers the new project. Names are unique within the tenant; a name that is taken is refused with
        `conflict`. `style` is the preset of requests that name none.

        name: Unique within the tenant; case does not matter.
        style: Style preset of requests that name none: `none` when absent.
        """
        return self._client.run(Call(
            "studio.projects.create", "POST", "/api/projects", models.Project,
            body={"name": name, "style": style},
            is_idempotent=False))

    def list(self, *, cursor: str | None = None, limit: int | None = None) -> models.Page[models.Project]:
        """List the projects, newest first.

        Answers a page; pass its `next_cursor` as `cursor` to get the next one.

        cursor: `next_cursor` of the page before; absent for the first page.
        limit: Entries of a page; 50 when absent.
        """
        return self._client.run(Call(
            "studio.projects.list", "GET", "/api/projects", models.Page[models.Project],
            query={"cursor": cursor, "limit": limit},
            is_idempotent=True))

    def get(self, project: str) -> models.Project:
        """Show one project.

        Takes the project's identifier or its name.

        project: Identifier or name of a project.
        """
        return self._client.run(Call(
            "studio.projects.get", "GET", "/api/projects/{project}", models.Project,
            in_path={"project": project},
            is_idempotent=True))

    def update(self, project: str, *, name: str | None = None, style: str | None = None) -> models.Project:
        """Give a project another name or style.

        Changes the fields that are given. Characters, pictures and files stay where they are, and what was made in
        the old style stays as it is.

        project: Identifier or name of a project.
        name: The new name.
        style: Style preset of requests that name none: `none` when absent.
        """
        return self._client.run(Call(
            "studio.projects.update", "PATCH", "/api/projects/{project}", models.Project,
            in_path={"project": project},
            body={"name": name, "style": style},
            is_idempotent=True))

    def delete(self, project: str) -> models.Deletion:
        """Delete a project with its characters, files and vectors.

        Deletes all characters of the project with their pictures, files and vectors, and cancels the jobs about
        them. All of it is gone for every caller at once; the rows and files of a large project are removed in the
        background. This cannot be undone. Answers how many there were.

        project: Identifier or name of a project.
        """
        return self._client.run(Call(
            "studio.projects.delete", "DELETE", "/api/projects/{project}", models.Deletion,
            in_path={"project": project},
            is_idempotent=True))


class StudioWorkflows:
    """`studio.workflows`"""

    def __init__(self, client: Sender) -> None:
        self._client = client

    def list(self) -> models.WorkflowList:
        """List the workflows of the generator comfyui.

        Those that come with Hearth, then those that were added. Whether a server can run one is found out when it
        is used, because servers differ in their nodes and models.
        """
        return self._client.run(Call(
            "studio.workflows.list", "GET", "/api/workflows", models.WorkflowList,
            is_idempotent=True))

    def add(
        self, file: Upload, *, name: str, summary: str | None = None, kind: Literal["image", "video"] | None = None,
        slots: List[str] | None = None,
    ) -> models.AddedWorkflow:
        """Add a workflow that was exported from ComfyUI.

        The file is what Workflow, Export (API) in ComfyUI writes. Slots are found by looking at the graph, by
        titles of nodes such as `hearth:prompt`, and by what `slots` says, which comes first: `prompt=6.text`, or
        `prompt=My title.text`; `seed=` says that a slot is not used. A name that is taken is refused, because
        recipes name workflows.

        name: How requests name it: lower case letters, digits, `-` and `_`.
        summary: One line for people.
        kind: `image` or `video`; what its output nodes make when absent.
        slots: Places of values, each as SLOT=NODE.INPUT; the node by its identifier or its title. Slots: prompt,
            negative, width, height, seed, steps, sampler, scheduler, guidance, denoise, reference_weight,
            reference, start, mask, mask_channel, frames, frames_per_second, prefix.
        """
        return self._client.run(Call(
            "studio.workflows.add", "POST", "/api/workflows", models.AddedWorkflow,
            body={"name": name, "summary": summary, "kind": kind, "slots": slots},
            file=("file", file),
            is_idempotent=False))

    def get(self, workflow: str) -> models.AddedWorkflow:
        """Show a workflow with its slots and its graph.

        A slot is a place into which a request is written; each is said as NODE.INPUT. The graph is in the API
        format of ComfyUI.

        workflow: Name of a workflow.
        """
        return self._client.run(Call(
            "studio.workflows.get", "GET", "/api/workflows/{workflow}", models.AddedWorkflow,
            in_path={"workflow": workflow},
            is_idempotent=True))

    def remove(self, workflow: str) -> models.WorkflowRemoval:
        """Remove a workflow that was added.

        Jobs that name it and have not run yet will fail; outputs stay.

        workflow: Name of a workflow.
        """
        return self._client.run(Call(
            "studio.workflows.remove", "DELETE", "/api/workflows/{workflow}", models.WorkflowRemoval,
            in_path={"workflow": workflow},
            is_idempotent=True))


class Studio:
    """`studio`"""

    def __init__(self, client: Sender) -> None:
        self._client = client
        self.anchors = StudioAnchors(client)
        self.characters = StudioCharacters(client)
        self.generators = StudioGenerators(client)
        self.outputs = StudioOutputs(client)
        self.pictures = StudioPictures(client)
        self.presets = StudioPresets(client)
        self.projects = StudioProjects(client)
        self.workflows = StudioWorkflows(client)

    def recall(
        self, *, image: Upload | None = None, anchor_id: str | None = None, project: str | None = None, k: int |
        None = None, min_score: float | None = None,
    ) -> models.Recalled:
        """Find the characters most like a picture.

        Compares a picture, or an anchor by its identifier, with all pictures that have a vector, and answers the
        best picture of each of the `k` most similar characters. Pictures without one yet are counted as `pending`.
        Scores are cosines; scores of two models are not comparable. `is_match` of a match says whether its score
        reaches the model's threshold: when it is false for the first one, the character is unknown. It is absent
        when the model names no threshold.

        anchor_id: Instead of a picture: look for what is like this anchor; needs no model.
        project: Identifier or name of the project to search; all of them when absent.
        k: Most matches wanted; 5 when absent.
        min_score: Matches below this cosine are left out.
        """
        return self._client.run(Call(
            "studio.recall", "POST", "/api/recall", models.Recalled,
            body={"anchor_id": anchor_id, "project": project, "k": k, "min_score": min_score},
            file=("image", image) if image is not None else None,
            is_idempotent=True))
