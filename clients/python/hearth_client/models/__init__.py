"""What the server answers.

Written by `generate.py` from the server's /openapi.json; changes by hand are lost."""

from .collections import (
    Collection, CollectionDeletion, DeletedRecords, QueryMatch, QueryReply, QueryResult, QueryTimings, Record,
    RecordCount, RecordProblem, Records, UpsertedRecords,
)
from .identity import CreatedKey, Key, KeyLimits
from .jobs import Job
from .models import Model, ModelList, ModelSignature, ModelTensor
from .page import Page
from .products import (
    BackfillStatus, ImportErrors, ImportProblem, JobTicket, KeptMatch, Product, ProductDeletion, ProductImage,
    ProductImport, ProductModels, ProductSettings, Scan, ScanMatch, ScanReply, ScanTimings, UpsertedProduct,
)
from .studio import (
    AddedWorkflow, Anchor, AppliedReference, BibleChange, BibleDifference, BiblePicture, BibleVersion, Character,
    CharacterBible, CharacterSearch, Deletion, FoundCharacter, GeneratedOutput, Generator, GeneratorList, Grade,
    MergedCharacter, ModelIdentity, Output, OutputDeletion, OutputFile, PresetDeletion, Project, RecallTimings,
    Recalled, RecalledMatch, Recipe, RecipeReference, RegisteredAnchor, Relationship, RequestPicture, Shot,
    Similarity, Snippet, SnippetMark, StartedOutput, StylePreset, UnmergedCharacter, Workflow, WorkflowList,
    WorkflowRemoval,
)
from .system import (
    Health, Recycled, Services, Stats, SystemHealthWorkersLastCrash, SystemStatsCachesEntry, SystemStatsCollections,
    SystemStatsLatenciesMsEntry, SystemStatsWorker, UnmetNeed, Worker,
)
from .tenants import TenantUsage, Usage, UsageLimits

__all__ = [
    "AddedWorkflow", "Anchor", "AppliedReference", "BackfillStatus", "BibleChange", "BibleDifference",
    "BiblePicture", "BibleVersion", "Character", "CharacterBible", "CharacterSearch", "Collection",
    "CollectionDeletion", "CreatedKey", "DeletedRecords", "Deletion", "FoundCharacter", "GeneratedOutput",
    "Generator", "GeneratorList", "Grade", "Health", "ImportErrors", "ImportProblem", "Job", "JobTicket",
    "KeptMatch", "Key", "KeyLimits", "MergedCharacter", "Model", "ModelIdentity", "ModelList", "ModelSignature",
    "ModelTensor", "Output", "OutputDeletion", "OutputFile", "Page", "PresetDeletion", "Product", "ProductDeletion",
    "ProductImage", "ProductImport", "ProductModels", "ProductSettings", "Project", "QueryMatch", "QueryReply",
    "QueryResult", "QueryTimings", "RecallTimings", "Recalled", "RecalledMatch", "Recipe", "RecipeReference",
    "Record", "RecordCount", "RecordProblem", "Records", "Recycled", "RegisteredAnchor", "Relationship",
    "RequestPicture", "Scan", "ScanMatch", "ScanReply", "ScanTimings", "Services", "Shot", "Similarity", "Snippet",
    "SnippetMark", "StartedOutput", "Stats", "StylePreset", "SystemHealthWorkersLastCrash",
    "SystemStatsCachesEntry", "SystemStatsCollections", "SystemStatsLatenciesMsEntry", "SystemStatsWorker",
    "TenantUsage", "UnmergedCharacter", "UnmetNeed", "UpsertedProduct", "UpsertedRecords", "Usage", "UsageLimits",
    "Worker", "Workflow", "WorkflowList", "WorkflowRemoval",
]
