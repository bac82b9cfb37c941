"""What operations of `studio` answer.

Written by `generate.py` from the server's /openapi.json; changes by hand are lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal



@dataclass(frozen=True, kw_only=True)
class AddedWorkflow:
    #: Its name.
    workflow: str
    kind: Literal["image", "video"]
    #: How it uses a picture of a character; `none`: it takes none.
    mechanism: str
    #: Whether it comes with Hearth.
    is_built_in: bool
    summary: str
    #: Where each value of a request goes: lists of NODE.INPUT by slot.
    slots: Any
    #: Classes of nodes that a server must have.
    nodes: list[str]
    #: In the API format of ComfyUI.
    graph: Any


@dataclass(frozen=True, kw_only=True)
class Anchor:
    #: Identifier, UUIDv7.
    anchor_id: str
    character_id: str
    project_id: str
    role: Literal["primary", "front", "side", "back", "face", "expression", "outfit", "pose"]
    #: File below the data folder.
    path: str
    #: Where the picture is read, relative to the server.
    url: str
    #: Of the bytes as they were sent.
    sha256: str
    bytes: int
    format: str
    #: Pixels, as the file's header says.
    width: int
    #: Pixels, as the file's header says.
    height: int
    job_id: str
    #: Whether recall finds it by now.
    is_remembered: bool
    #: Milliseconds since 1970.
    created_at: int


@dataclass(frozen=True, kw_only=True)
class AppliedReference:
    #: `reference_weight` of the request.
    requested_weight: float
    #: How the references were used; `none` when there were none.
    mechanism: str
    #: The number that the mechanism ran with; absent where it has none.
    effective: float | None = None


@dataclass(frozen=True, kw_only=True)
class BibleChange:
    #: Where: `backstory`, an entry of `do`, a member `extra.height`.
    field: str
    kind: Literal["added", "removed", "changed"]
    #: What the older one says; absent for what was added.
    before: Any = None
    #: What the newer one says; absent for what was removed.
    after: Any = None


@dataclass(frozen=True, kw_only=True)
class BibleDifference:
    character_id: str
    #: The older version.
    from_: int
    #: The newer version.
    to: int
    #: In what they differ; empty when in nothing.
    changes: list[BibleChange]


@dataclass(frozen=True, kw_only=True)
class BiblePicture:
    anchor_id: str
    role: Literal["primary", "front", "side", "back", "face", "expression", "outfit", "pose"]
    #: Where the picture is read, relative to the server.
    url: str
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class BibleVersion:
    #: Identifier, UUIDv7.
    version_id: str
    #: Counts up from 1.
    version: int
    #: How it came to be.
    change: Literal["create", "update", "restore", "merge", "unmerge", "import"]
    #: Milliseconds since 1970.
    changed_at: int
    #: The version whose content it has again; of restorations only.
    restored_version: int | None = None
    #: The reason that was given.
    note: str | None = None
    #: Identifier of the key that made it; absent on a server without keys.
    changed_by: str | None = None


@dataclass(frozen=True, kw_only=True)
class Character:
    #: Identifier, UUIDv7.
    character_id: str
    project_id: str
    #: Name of its project.
    project: str
    #: Unique within the project; case does not matter.
    name: str
    #: What prompts call it by, `@handle`; unique within the project.
    handle: str
    #: Whether it was made from a generated video and is not confirmed yet.
    is_provisional: bool
    #: Version of its bible; 0 while nothing was written.
    bible_version: int
    #: Pictures registered for the character.
    anchor_count: int
    #: Pictures whose vectors are ready for recall.
    remembered_count: int
    #: Milliseconds since 1970.
    created_at: int
    description: str | None = None


@dataclass(frozen=True, kw_only=True)
class CharacterBible:
    character_id: str
    project_id: str
    #: The character's name.
    name: str
    #: What prompts call it by, without the at sign.
    handle: str
    #: Of the bible; 0 while nothing was written. Give it with a change to change what you saw.
    version: int
    #: Pictures of the character, at most 12, the oldest first.
    pictures: list[BiblePicture]
    description: str | None = None
    #: How this version came to be.
    change: Literal["create", "update", "restore", "merge", "unmerge", "import"] | None = None
    #: The reason that was given for it.
    note: str | None = None
    #: Identifier of the key that made it; absent on a server without keys.
    changed_by: str | None = None
    #: Milliseconds since 1970.
    changed_at: int | None = None
    #: What the character looks like.
    appearance: str | None = None
    #: How the character is.
    personality: str | None = None
    #: Where the character comes from.
    backstory: str | None = None
    #: How the character speaks and sounds.
    voice: str | None = None
    #: What the character wears.
    wardrobe: str | None = None
    #: How the character is drawn.
    style: str | None = None
    #: Who others are to the character.
    relationships: list[Relationship] | None = None
    #: What pictures of the character must show.
    do: list[str] | None = None
    #: What pictures of the character must never show.
    dont: list[str] | None = None
    #: Anything else, as a JSON object of at most 64 kB. A change is merged into what there is; a member that is null
    #: is removed.
    extra: dict[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class CharacterSearch:
    #: The characters that have all words, the best first.
    matches: list[FoundCharacter]


@dataclass(frozen=True, kw_only=True)
class Deletion:
    #: Identifier of what was deleted.
    deleted: str
    #: Characters that are gone.
    character_count: int
    #: Pictures of characters that went with it.
    anchor_count: int
    #: Outputs that went with it.
    output_count: int


@dataclass(frozen=True, kw_only=True)
class FoundCharacter:
    character_id: str
    project_id: str
    #: Name of its project.
    project: str
    name: str
    #: What prompts call it by, without the at sign.
    handle: str
    is_provisional: bool
    #: Pieces of text with the words, at most 3.
    snippets: list[Snippet]


@dataclass(frozen=True, kw_only=True)
class GeneratedOutput:
    #: The job that makes it.
    job_id: str
    output_id: str
    project_id: str
    #: State of that job.
    status: Literal["pending", "in_progress", "completed", "failed", "cancelled"]
    #: All that it is made from.
    recipe: Recipe
    #: Live progress of the job, relative to the server.
    websocket_url: str
    #: The other outputs of the same call, with `n`.
    others: list[StartedOutput]
    #: False when a call with the same `idempotency_key` has asked for it already.
    is_new: bool
    character_id: str | None = None
    #: Why its job has failed, when it has. Only with `wait`.
    failure: str | None = None
    #: The output as it is when its job has ended. Only with `wait`.
    output: Output | None = None


@dataclass(frozen=True, kw_only=True)
class Generator:
    id: str
    summary: str
    #: What it makes.
    kinds: list[Literal["image", "video"]]
    #: Kinds for which it is chosen when a call names no generator.
    is_default: list[Literal["image", "video"]]
    #: What must be there before it can run: `program ffmpeg`.
    needs: list[str]
    #: Pixels.
    smallest_side: int
    #: Pixels.
    largest_side: int
    #: Width and height are multiples of this.
    side_step: int
    #: Whether the same recipe makes the same bytes.
    is_reproducible: bool
    #: Whether it changes a picture, or begins a video with one.
    changes_pictures: bool
    #: Of a video.
    shortest_seconds: float | None = None
    #: Of a video.
    longest_seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class GeneratorList:
    generators: list[Generator]


@dataclass(frozen=True, kw_only=True)
class Grade:
    #: Colour of the upper end of backgrounds, `#rrggbb`.
    top: str
    #: Colour of the lower end of backgrounds, `#rrggbb`.
    bottom: str
    #: Colour of lights, `#rrggbb`.
    accent: str
    #: 0 to 1: how coarse the grain is.
    grain: float
    #: 0 to 1: how strong lines are drawn.
    line: float
    #: What backgrounds show.
    motif: Literal["city", "peaks", "works", "hills", "ink", "studio"]


@dataclass(frozen=True, kw_only=True)
class MergedCharacter:
    #: The character that stays, as it is now.
    character: Character
    #: Pictures that it got.
    moved_anchor_count: int
    #: Until when `studio.characters.unmerge` takes it back, in milliseconds since 1970.
    undo_until: int


@dataclass(frozen=True, kw_only=True)
class ModelIdentity:
    id: str
    digest: str
    dims: int
    precision: str


@dataclass(frozen=True, kw_only=True)
class Output:
    #: Identifier, UUIDv7.
    output_id: str
    project_id: str
    kind: Literal["image", "video"]
    generator: str
    style_preset: str
    #: Counts the outputs of a project from 1.
    number: int
    #: State of the job that makes it.
    status: Literal["pending", "in_progress", "completed", "failed", "cancelled"]
    job_id: str
    recipe: Recipe
    #: All tries; one, unless a smallest similarity was asked for.
    tries: list[OutputFile]
    maximum_tries: int
    #: Milliseconds since 1970.
    created_at: int
    #: The main character; absent when there is none.
    character_id: str | None = None
    #: The character that was made of a video without one: provisional until it is confirmed, merged or dropped. It
    #: comes a little later than the file.
    made_character_id: str | None = None
    #: How the pictures of the characters were used.
    reference: AppliedReference | None = None
    #: What the generator says of the output beside: beats of a video, for example.
    details: Any = None
    #: Why its job has failed, when it has.
    failure: str | None = None
    #: The output itself: the try that is most similar to the character.
    file: OutputFile | None = None
    #: What the caller wanted similarity to reach.
    minimum_similarity: float | None = None
    #: Milliseconds since 1970.
    finished_at: int | None = None


@dataclass(frozen=True, kw_only=True)
class OutputDeletion:
    #: Identifier of what was deleted.
    deleted: str


@dataclass(frozen=True, kw_only=True)
class OutputFile:
    file_id: str
    #: The number of the try, from 1.
    number: int
    #: File below the data folder; the recipe lies beside it as `….json`.
    path: str
    #: Where the file is read, relative to the server.
    url: str
    #: `image/png`, `video/mp4`.
    media_type: str
    sha256: str
    bytes: int
    width: int
    height: int
    #: The seed of this try.
    seed: int
    #: A small JPEG of it, or of a frame of it; absent when there is none.
    thumbnail_url: str | None = None
    #: Length of a video.
    seconds: float | None = None
    #: How similar it is to the character's picture; absent until it was measured.
    similarity: Similarity | None = None


@dataclass(frozen=True, kw_only=True)
class PresetDeletion:
    #: Identifier of the preset that was deleted.
    deleted: str


@dataclass(frozen=True, kw_only=True)
class Project:
    #: Identifier, UUIDv7.
    project_id: str
    #: Unique within the tenant; case does not matter.
    name: str
    #: Style preset of requests that name none.
    style: str
    #: Characters in the project.
    character_count: int
    #: Milliseconds since 1970.
    created_at: int


@dataclass(frozen=True, kw_only=True)
class RecallTimings:
    decode_ms: float
    queue_ms: float
    compute_ms: float
    search_ms: float
    total_ms: float


@dataclass(frozen=True, kw_only=True)
class Recalled:
    #: Most similar characters, best first; `is_match` says whether one counts as the character of the picture.
    matches: list[RecalledMatch]
    #: The model that compared them; scores of two models are not comparable.
    model: ModelIdentity
    #: Anchors that were compared.
    compared: int
    #: Anchors whose vector is still being made, and which were not compared; counted up to 1000.
    pending: int
    #: Whether every anchor was compared that can be: false while some are pending.
    is_complete: bool
    #: Milliseconds of each stage; decode, queue and compute are the worker's.
    timings: RecallTimings
    #: Score from which `is_match` is true, lower where few anchors were compared; both are absent when the model
    #: names no threshold.
    match_threshold: float | None = None


@dataclass(frozen=True, kw_only=True)
class RecalledMatch:
    character_id: str
    name: str
    project: str
    handle: str
    is_provisional: bool
    anchor_id: str
    score: float
    is_match: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Recipe:
    generator: str
    #: `image` or `video`.
    kind: Literal["image", "video"]
    #: As the caller wrote it.
    prompt: str
    style_preset: str
    #: The prompt inside the template of the style preset.
    positive: str
    #: What the generator is told to avoid.
    negative: str
    #: Pixels.
    width: int
    #: Pixels.
    height: int
    #: Chosen at random when the caller gave none; the same seed makes the same output.
    seed: int
    steps: int
    sampler: str
    scheduler: str
    guidance: float
    #: 0 to 1: how much the references count.
    reference_weight: float
    #: Pictures that the output shall be like; the first is the main one.
    references: list[RecipeReference]
    #: With names in place of handles; absent when it has none.
    plain_prompt: str | None = None
    negative_prompt: str | None = None
    #: Length of a video.
    seconds: float | None = None
    #: Of a video.
    frames_per_second: int | None = None
    workflow: str | None = None
    shot: Shot | None = None


@dataclass(frozen=True, kw_only=True)
class RecipeReference:
    purpose: Literal["character", "start", "mask"]
    #: Of the picture's bytes.
    sha256: str
    #: The anchor that it is; absent for a picture that came with the request.
    anchor_id: str | None = None
    character_id: str | None = None
    character_name: str | None = None
    role: str | None = None


@dataclass(frozen=True, kw_only=True)
class RegisteredAnchor:
    anchor_id: str
    character_id: str
    project_id: str
    #: The job that extracts the vector.
    job_id: str
    #: Live progress of the job, relative to the server.
    websocket_url: str
    #: False when the character had the very same picture already; nothing was added then.
    is_new: bool
    #: Whether its vector is there, so that recall finds it.
    is_remembered: bool
    #: State of the job; only with `wait`.
    status: Literal["pending", "in_progress", "completed", "failed", "cancelled"] | None = None
    #: Why the job has failed, when it has; the picture stays. Only with `wait`.
    failure: str | None = None


@dataclass(frozen=True, kw_only=True)
class Relationship:
    #: Name or handle of the other one.
    with_: str
    #: What they are to each other.
    relation: str


@dataclass(frozen=True, kw_only=True)
class RequestPicture:
    #: Identifier, UUIDv7.
    picture_id: str
    #: Of its bytes.
    sha256: str
    format: str
    #: Pixels.
    width: int
    #: Pixels.
    height: int
    bytes: int
    #: File below the data folder.
    path: str
    #: Milliseconds since 1970.
    created_at: int


@dataclass(frozen=True, kw_only=True)
class Shot:
    #: Name of the project.
    project: str | None = None
    #: Counts the outputs of a project from 1.
    number: int | None = None
    #: Name of the style preset, as people read it.
    style_name: str | None = None
    #: How the preset wants drawn backgrounds.
    grade: Grade | None = None


@dataclass(frozen=True, kw_only=True)
class Similarity:
    #: Cosine of the vectors of the output and of the character's picture, -1 to 1.
    score: float
    #: The model that has compared them; scores of two models are not comparable.
    model: str
    #: Of the model's weights and preprocessing.
    digest: str
    #: The picture that it was compared with.
    anchor_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Snippet:
    #: What the text is, such as `backstory`.
    field: str
    #: The piece of it; an ellipsis stands where the text goes on.
    text: str
    #: What was found, in Unicode scalars of the piece: from `start` up to, not including, `end`.
    marks: list[SnippetMark]


@dataclass(frozen=True, kw_only=True)
class SnippetMark:
    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class StartedOutput:
    job_id: str
    output_id: str
    seed: int
    #: Live progress of the job, relative to the server.
    websocket_url: str


@dataclass(frozen=True, kw_only=True)
class StylePreset:
    #: What `style_preset` and a project's `style` name it by.
    id: str
    #: What people call it.
    name: str
    #: The prompt that is made; it has `{prompt}` once, where the caller's words go.
    positive: str
    #: What is to be avoided.
    negative: str
    #: Steps of the sampler; 15 when absent.
    steps: int
    #: Sampler, as generators name it; `dpmpp_2m` when absent.
    sampler: str
    #: Scheduler of the sampler; `karras` when absent.
    scheduler: str
    #: How strongly the sampler follows the prompt; 7 when absent.
    cfg: float
    #: Whether it came with the program; such presets cannot be changed.
    is_built_in: bool
    #: Colours and textures of pictures that are drawn without a model.
    grade: Grade | None = None


@dataclass(frozen=True, kw_only=True)
class UnmergedCharacter:
    #: The character that had stayed, as it is now.
    character: Character
    #: The character that is there again.
    restored: Character
    #: Pictures that went back to it.
    moved_anchor_count: int
    #: Whether the bible of the one that had stayed is as before; false when it was changed after the merge, and
    #: stays as it is then.
    bible_is_restored: bool


@dataclass(frozen=True, kw_only=True)
class Workflow:
    #: Its name.
    workflow: str
    kind: Literal["image", "video"]
    #: How it uses a picture of a character; `none`: it takes none.
    mechanism: str
    #: Whether it comes with Hearth.
    is_built_in: bool
    summary: str
    #: When it was added, in milliseconds since 1970.
    created_at: int | None = None


@dataclass(frozen=True, kw_only=True)
class WorkflowList:
    items: list[Workflow]


@dataclass(frozen=True, kw_only=True)
class WorkflowRemoval:
    #: Name of the workflow that is gone.
    removed: str
