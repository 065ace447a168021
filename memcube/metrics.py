"""Every metric of MemCube, of every process, in one place.

Units are in the names: `_seconds`, `_bytes`; `_total` counts up from the start of its process. No label
takes a value that a user, a subject or a cube brings: what each may be stands in `LABELS`, so the number
of series is fixed by the code and by the number of partitions. docs/operations.md says what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

from memcube.cube import Decision, Form
from memcube.store.record import Partition

# A second series for every one that counts, told by nobody's panel.
disable_created_metrics()  # type: ignore[no-untyped-call]

ROLES: Final = ("memory", "audit", "promote", "model")
OUTCOMES: Final = ("applied", "repeated", "refused")
STAGES: Final = ("extract", "embed", "consolidate", "commit")
WAITS: Final = ("log", "queue")
VECTORS: Final = ("record", "model", "failed")
PHASES: Final = ("position", "embedding", "bm25", "vector", "fusion", "folding", "context", "total")
STORES: Final = ("record", "ledger")
METHODS: Final = ("GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS")
STATUSES: Final = ("2xx", "3xx", "4xx", "5xx", "gone")
# Why blocks are built, and why they are given up.
PROMOTED: Final = ("hot", "changed", "more-hot")
DEMOTED: Final = ("cold", "stale", "other-model", "over-budget")
OTHER: Final = "other"
# How memory reached the model.
TAKEN: Final = ("none", "text", "kv")
# Why there was no answer; what is not among them is `other`.
REFUSALS: Final = (
    "answer-not-stored",
    "backlog",
    "context_length_exceeded",
    "gone",
    "idempotency-key-reused",
    "kafka-down",
    "model-down",
    "model-failed",
    "model-strange",
    "model_not_found",
    "no-model",
    "upstream-missing",
    "upstream-refused",
    "upstream-silent",
    "upstream-strange",
    OTHER,
)
TIERS: Final = ("shelf", "disk", "none")
ENDINGS: Final = ("stop", "length", "gone", "failed")
CAUSES: Final = (
    "missing",
    "damaged",
    "stale-model",
    "stale-memories",
    "erased",
    "fault",
    "too-long",
    "bad-request",
    "busy",
    "not-finite",
)
BUILDS: Final = ("built", "repeated", "dropped", "key-destroyed", "nothing-fits", "not-finite", "disk-full")
# What our errors call themselves; a reason that is not among them is counted as `other`.
REASONS: Final = (
    "bad-payload",
    "bad-subject",
    "contract",
    "cube-erased",
    "illegal-transition",
    "key-mismatch",
    "newer-version",
    "no-such-cube",
    "not-an-event",
    "nothing-to-undo",
    "processor-error",
    "refused",
    "seal-broken",
    "tombstone",
    "too-large",
    "unknown",
    "unknown-type",
    OTHER,
)
# What a label may be. None: bounded by what is installed (topics, their partitions, the routes).
LABELS: Final[Mapping[str, tuple[str, ...] | None]] = {
    "role": ROLES,
    "topic": None,
    "partition": None,
    "outcome": OUTCOMES,
    "decision": tuple(Decision),
    "form": tuple(Form),
    "reason": REASONS,
    "stage": STAGES + WAITS,
    "source": VECTORS,
    "phase": PHASES,
    "store": STORES,
    "holds": ("subjects", "cubes", "versions"),
    "route": None,
    "method": (*METHODS, OTHER),
    "status": STATUSES,
    "taken": TAKEN,
    "why": REFUSALS,
    "tier": TIERS,
    "ending": ENDINGS,
    "cause": CAUSES + PROMOTED + DEMOTED,
    "result": BUILDS,
}

# From a cached answer to a backlog of hours.
_LONG: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0)
_SHORT: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_CHAT: Final = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
_HTTP: Final = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

# --- is it alive -----------------------------------------------------------------------------------------

READY: Final = Gauge("memcube_ready", "1 once the worker has its partitions and reads them", ["role"])
POSITION: Final = Gauge(
    "memcube_position",
    "The offset that the record reads next, as its worker last committed it",
    ["role", "topic", "partition"],
)
# Told by the gateway, from the stored positions and the log's ends: they outlive a dead worker.
LAG: Final = Gauge(
    "memcube_lag_events",
    "Events in the log that the role has not committed yet, as the gateway sees it; absent while unknown",
    ["role", "topic", "partition"],
)
LAG_AGE: Final = Gauge(
    "memcube_lag_age_seconds",
    "How long the oldest of these events has waited; 0 when none waits. Grows by 1 a second: nobody reads",
    ["role", "topic", "partition"],
)
OUTBOX: Final = Gauge(
    "memcube_outbox_messages", "Messages that commits have left to be sent to Kafka", ["store"]
)
OUTBOX_AGE: Final = Gauge(
    "memcube_outbox_age_seconds",
    "How long the gateway has seen the same message as the oldest in the outbox; 0 when it is empty",
    ["store"],
)

# --- the way of an event ---------------------------------------------------------------------------------

EVENTS: Final = Counter(
    "memcube_events_total", "Events taken from the log, by what became of them", ["role", "outcome"]
)
EVENT_SECONDS: Final = Histogram(
    "memcube_event_seconds",
    "Of each event: from its append to the log (Kafka's clock) to the commit that makes it recallable",
    ["role"],
    buckets=_LONG,
)
WAIT_SECONDS: Final = Histogram(
    "memcube_event_wait_seconds",
    "Of each event, before work on it begins. log: from its append until we fetched it;"
    " queue: from then until its batch began, behind other batches",
    ["role", "stage"],
    buckets=_LONG,
)
STAGE_SECONDS: Final = Histogram(
    "memcube_stage_seconds",
    "Of each batch of role memory: the time in each stage, which every event of the batch spends there",
    ["stage"],
    buckets=_SHORT,
)
STAGE_CPU: Final = Counter(
    "memcube_stage_cpu_seconds_total", "CPU time of the process meanwhile, its threads included", ["stage"]
)
REROUTED: Final = Counter(
    "memcube_rerouted_total", "Events that came on another partition than their key's and were sent there"
)
FENCED: Final = Counter(
    "memcube_fenced_total", "Shares of a batch that another owner was first with", ["role"]
)
COMMIT_RETRIES: Final = Counter(
    "memcube_commit_retries_total", "Commits tried again after a store fault", ["role"]
)
RELAYED: Final = Counter("memcube_relayed_total", "Outbox messages delivered", ["role"])
RELAY_RETRIES: Final = Counter(
    "memcube_relay_retries_total", "Outbox deliveries that failed and were tried again", ["role"]
)
UNSENDABLE: Final = Counter(
    "memcube_unsendable_total",
    "Outbox messages over their topic's limit, given up; 0 unless the cluster allows less than our table",
    ["topic"],
)

# --- memory ----------------------------------------------------------------------------------------------

DECISIONS: Final = Counter(
    "memcube_decisions_total", "Versions of memories made, by decision and form", ["decision", "form"]
)
PROMOTIONS: Final = Counter(
    "memcube_promotions_total", "Blocks of hot memories that were asked to be built, by why", ["cause"]
)
DEMOTIONS: Final = Counter("memcube_demotions_total", "Blocks that role promote gave up, by why", ["cause"])
BUILDS_WAITING: Final = Gauge(
    "memcube_builds_waiting", "Subjects whose hot memories are worth a block and wait for their turn"
)
BUILDS_UNDER_WAY: Final = Gauge(
    "memcube_builds_under_way", "Blocks asked of role model whose result is not known yet"
)
DEADLETTERS: Final = Counter(
    "memcube_deadletters_total", "Events refused to the dead letters, by why", ["role", "reason"]
)
VECTORS_TOTAL: Final = Counter(
    "memcube_vectors_total",
    "Texts that needed a vector. record: it was there; model: it was computed; failed: the model could not",
    ["source"],
)
STORE_ROWS: Final = Gauge("memcube_store_rows", "What the record holds, by what it is", ["holds"])
STORE_BYTES: Final = Gauge(
    "memcube_store_bytes", "Size of the record's file and of its log of writes", ["store"]
)
STORE_FREE: Final = Gauge(
    "memcube_store_free_bytes", "Room left on the disk that the record is on", ["store"]
)

# --- recall and the doors --------------------------------------------------------------------------------

RECALL_SECONDS: Final = Histogram(
    "memcube_recall_seconds",
    "Of each recall. position: catching up with the record (a cold subject is loaded here); embedding: of"
    " the question; bm25, vector, fusion: the search; folding: into memories; context: the ready block;"
    " total: all of it, waiting for its turn included",
    ["phase"],
    buckets=_SHORT,
)
UNREPORTED: Final = Counter(
    "memcube_recalls_unreported_total", "Recalls that were answered but not told on memory.recalls"
)
HTTP_SECONDS: Final = Histogram(
    "memcube_http_seconds",
    "From a request's arrival until its answer begins, by route template; a wait that was asked for counts",
    ["route", "method"],
    buckets=_HTTP,
)
HTTP_REQUESTS: Final = Counter(
    "memcube_http_requests_total",
    "Requests answered, by class of status; gone: the client left before the answer",
    ["route", "method", "status"],
)
CHAT_SECONDS: Final = Histogram(
    "memcube_chat_seconds",
    "Of each answer, from the request's arrival to its last word, by the route that memory took",
    ["taken"],
    buckets=_CHAT,
)
CHAT_FIRST: Final = Histogram(
    "memcube_chat_first_token_seconds",
    "Of each answer, from the request's arrival until its first word goes out, recall included",
    ["taken"],
    buckets=_CHAT,
)
CHAT_OVERHEAD: Final = Histogram(
    "memcube_chat_overhead_seconds",
    "Of each answer, what the gateway itself adds until the first word: outside recall and the model call",
    buckets=_SHORT,
)
CHAT_REFUSED: Final = Counter(
    "memcube_chat_refused_total",
    "Chats that were refused, broke off, or whose answer was not stored, by why",
    ["why"],
)
PREFETCHES: Final = Counter(
    "memcube_prefetches_total", "Blocks that a model process was told to load ahead of the first question"
)
STREAMS: Final = Gauge("memcube_http_streams", "Event streams (server-sent events) open now")
REJECTED: Final = Counter(
    "memcube_http_rejected_total", "Requests answered with 429 because role memory is too far behind"
)

# --- the language model ----------------------------------------------------------------------------------

FIRST_TOKEN_SECONDS: Final = Histogram(
    "memcube_first_token_seconds",
    "Of each answer in its model process: from its request to its first token, by the route taken",
    ["taken"],
    buckets=_HTTP,
)
GENERATION_SECONDS: Final = Histogram(
    "memcube_generation_seconds",
    "Of each answer: from its request to its end, by the route taken",
    ["taken"],
    buckets=_LONG,
)
GENERATIONS: Final = Counter(
    "memcube_generations_total", "Answers, by the route taken and how they ended", ["taken", "ending"]
)
TOKENS: Final = Counter("memcube_generated_tokens_total", "Tokens of answers that came to their end")
ANSWERS: Final = Gauge("memcube_answers_under_way", "Answers that are being computed or wait for their turn")
BLOCKS: Final = Counter(
    "memcube_block_uses_total",
    "Blocks that were asked for, by where they were found; none: not served, see the refusals",
    ["tier"],
)
NOT_SERVED: Final = Counter(
    "memcube_model_refused_total",
    "Blocks that were not served and requests that were refused, by why",
    ["cause"],
)
SHELF_BYTES: Final = Gauge("memcube_shelf_bytes", "KV caches in the memory of the model process")
SHELF_BUDGET: Final = Gauge("memcube_shelf_budget_bytes", "How much they may take there")
BLOCK_BYTES: Final = Gauge("memcube_block_bytes", "KV caches in the folder of blocks, on disk")
BUILT: Final = Counter(
    "memcube_builds_total", "Jobs of activation memory, by what became of them", ["result"]
)
BUILD_SECONDS: Final = Histogram(
    "memcube_build_seconds", "Of each block that was built: its prefill, pauses left out", buckets=_LONG
)


def start_worker(role: str) -> None:
    """Tell the counters of a role at 0: what appears with its first event is missed by `increase`."""
    READY.labels(role).set(0)
    for outcome in OUTCOMES:
        EVENTS.labels(role, outcome)
    for reason in REASONS:
        DEADLETTERS.labels(role, reason)
    for wait in WAITS:
        WAIT_SECONDS.labels(role, wait)
    for metric in (EVENT_SECONDS, FENCED, COMMIT_RETRIES, RELAYED, RELAY_RETRIES):
        metric.labels(role)
    if role == "memory":
        _start_memory()
    if role == "model":
        _start_model()
    if role == "promote":
        for cause in PROMOTED:
            PROMOTIONS.labels(cause)
        for cause in DEMOTED:
            DEMOTIONS.labels(cause)


def _start_memory() -> None:
    for stage in STAGES:
        STAGE_SECONDS.labels(stage)
        STAGE_CPU.labels(stage)
    for decision in Decision:
        for form in Form:
            DECISIONS.labels(decision, form)
    for source in VECTORS:
        VECTORS_TOTAL.labels(source)


def _start_model() -> None:
    for route in TAKEN:
        FIRST_TOKEN_SECONDS.labels(route)
        GENERATION_SECONDS.labels(route)
        for ending in ENDINGS:
            GENERATIONS.labels(route, ending)
    for tier in TIERS:
        BLOCKS.labels(tier)
    for cause in CAUSES:
        NOT_SERVED.labels(cause)
    for result in BUILDS:
        BUILT.labels(result)


def start_gateway() -> None:
    """Tell the gateway's histograms at 0."""
    for phase in PHASES:
        RECALL_SECONDS.labels(phase)
    for taken in TAKEN:
        CHAT_SECONDS.labels(taken)
        CHAT_FIRST.labels(taken)
    for why in REFUSALS:
        CHAT_REFUSED.labels(why)


def position(partition: Partition, offset: int) -> None:
    POSITION.labels(partition.role, partition.topic, str(partition.number)).set(offset)


def dead_letter(role: str, reason: str) -> None:
    """Count one, under a reason of the closed set."""
    DEADLETTERS.labels(role, reason if reason in REASONS else OTHER).inc()


def chat_refused(why: str) -> None:
    """Count one, under a reason of the closed set."""
    CHAT_REFUSED.labels(why if why in REFUSALS else OTHER).inc()
