"""Operations of `studio`.

Written by `generate.py` from the server's /openapi.json; changes by hand are lost."""

from __future__ import annotations

from typing import List, Literal

from .. import models
from .._call import Call, Upload
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


class StudioCharacters:
    """`studio.characters`"""

    def __init__(self, client: Sender) -> None:
        self._client = client
        self.anchors = StudioCharactersAnchors(client)

    def create(
        self, *, project: str | None = None, name: str, description: str | None = None,
    ) -> models.Character:
        """Create a character; its project must exist.

        Answers the new character, which has no pictures yet. A name that the project has already is refused with
        `conflict`. `studio.anchors.register` makes the character by itself.

        project: Identifier or name of a project.
        name: Unique within the project; case does not matter.
        description: Who the character is, in free text.
        """
        return self._client.run(Call(
            "studio.characters.create", "POST", "/api/characters", models.Character,
            body={"project": project, "name": name, "description": description},
            is_idempotent=False))

    def list(
        self, *, project: str | None = None, cursor: str | None = None, limit: int | None = None,
    ) -> models.Page[models.Character]:
        """List the characters, of one project or of all, newest first.

        Answers a page; pass its `next_cursor` as `cursor` to get the next one. Each entry says how many pictures
        the character has and how many of them recall finds.

        project: Identifier or name of a project.
        cursor: `next_cursor` of the page before; absent for the first page.
        limit: Entries of a page; 50 when absent.
        """
        return self._client.run(Call(
            "studio.characters.list", "GET", "/api/characters", models.Page[models.Character],
            query={"project": project, "cursor": cursor, "limit": limit},
            is_idempotent=True))

    def update(
        self, character_id: str, *, name: str | None = None, description: str | None = None,
    ) -> models.Character:
        """Give a character another name or description.

        Changes the fields that are given and leaves the others as they are.

        character_id: Identifier of a character.
        name: The new name.
        description: Who the character is, in free text.
        """
        return self._client.run(Call(
            "studio.characters.update", "PATCH", "/api/characters/{character_id}", models.Character,
            in_path={"character_id": character_id},
            body={"name": name, "description": description},
            is_idempotent=True))

    def delete(self, character_id: str) -> models.Deletion:
        """Delete a character with its files and vectors.

        Deletes the character with its pictures, files and vectors, and cancels the jobs about them. This cannot be
        undone.

        character_id: Identifier of a character.
        """
        return self._client.run(Call(
            "studio.characters.delete", "DELETE", "/api/characters/{character_id}", models.Deletion,
            in_path={"character_id": character_id},
            is_idempotent=True))

    def get(self, character_id: str) -> models.Character:
        """Show one character.

        Answers the character with the number of its pictures and of those that recall finds.

        character_id: Identifier of a character.
        """
        return self._client.run(Call(
            "studio.characters.get", "GET", "/api/characters/{character_id}", models.Character,
            in_path={"character_id": character_id},
            is_idempotent=True))

    def merge(self, character_id: str, *, other_character_id: str) -> models.MergedCharacter:
        """Give all pictures of another character of the project to this one, and delete the other.

        Pictures that both have are kept once. Vectors go with their pictures; files stay where they are. This
        cannot be undone.

        character_id: Identifier of the character that stays, with its name.
        other_character_id: Identifier of the character whose pictures it gets; it is deleted. Pictures that both
            have are kept once.
        """
        return self._client.run(Call(
            "studio.characters.merge", "POST", "/api/characters/{character_id}/merge", models.MergedCharacter,
            in_path={"character_id": character_id},
            body={"other_character_id": other_character_id},
            is_idempotent=True))


class StudioProjects:
    """`studio.projects`"""

    def __init__(self, client: Sender) -> None:
        self._client = client

    def create(self, *, name: str) -> models.Project:
        """Create a project.

        Answers the new project. Names are unique within the tenant; a name that is taken is refused with
        `conflict`.

        name: Unique within the tenant; case does not matter.
        """
        return self._client.run(Call(
            "studio.projects.create", "POST", "/api/projects", models.Project,
            body={"name": name},
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

    def rename(self, project: str, *, name: str) -> models.Project:
        """Give a project another name.

        Characters, pictures and files stay where they are; only the name changes.

        project: Identifier or name of a project.
        name: The new name.
        """
        return self._client.run(Call(
            "studio.projects.rename", "PATCH", "/api/projects/{project}", models.Project,
            in_path={"project": project},
            body={"name": name},
            is_idempotent=True))

    def delete(self, project: str) -> models.Deletion:
        """Delete a project with its characters, files and vectors.

        Deletes all characters of the project with their pictures, files and vectors, and cancels the jobs about
        them. All of it is gone for every caller at once; the rows and files of a large project are removed in the
        background. This cannot be undone.

        project: Identifier or name of a project.
        """
        return self._client.run(Call(
            "studio.projects.delete", "DELETE", "/api/projects/{project}", models.Deletion,
            in_path={"project": project},
            is_idempotent=True))


class Studio:
    """`studio`"""

    def __init__(self, client: Sender) -> None:
        self._client = client
        self.anchors = StudioAnchors(client)
        self.characters = StudioCharacters(client)
        self.projects = StudioProjects(client)

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
