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
    Anchor, Character, Deletion, MergedCharacter, ModelIdentity, Project, RecallTimings, Recalled, RecalledMatch,
    RegisteredAnchor,
)
from .system import (
    Health, Recycled, Services, Stats, SystemHealthWorkersLastCrash, SystemStatsCachesEntry, SystemStatsCollections,
    SystemStatsLatenciesMsEntry, SystemStatsWorker, UnmetNeed, Worker,
)
from .tenants import TenantUsage, Usage, UsageLimits

__all__ = [
    "Anchor", "BackfillStatus", "Character", "Collection", "CollectionDeletion", "CreatedKey", "DeletedRecords",
    "Deletion", "Health", "ImportErrors", "ImportProblem", "Job", "JobTicket", "KeptMatch", "Key", "KeyLimits",
    "MergedCharacter", "Model", "ModelIdentity", "ModelList", "ModelSignature", "ModelTensor", "Page", "Product",
    "ProductDeletion", "ProductImage", "ProductImport", "ProductModels", "ProductSettings", "Project", "QueryMatch",
    "QueryReply", "QueryResult", "QueryTimings", "RecallTimings", "Recalled", "RecalledMatch", "Record",
    "RecordCount", "RecordProblem", "Records", "Recycled", "RegisteredAnchor", "Scan", "ScanMatch", "ScanReply",
    "ScanTimings", "Services", "Stats", "SystemHealthWorkersLastCrash", "SystemStatsCachesEntry",
    "SystemStatsCollections", "SystemStatsLatenciesMsEntry", "SystemStatsWorker", "TenantUsage", "UnmetNeed",
    "UpsertedProduct", "UpsertedRecords", "Usage", "UsageLimits", "Worker",
]
