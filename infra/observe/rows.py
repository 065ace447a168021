"""The overview's rows: what each panel asks, and what whoever is on call does about it.

One table, read from top to bottom as the dashboard is: over 300 lines, and not to be cut.
"""

from __future__ import annotations

from typing import Final

from infra.observe.chat_row import CHAT
from infra.observe.panels import Panel, Query, Row, added, levels, quantile, rate

_OURS: Final = 'job="memcube"'
# /readyz says no while a system starts: that is no failure.
_ALL: Final = 'route!="/readyz"'
_FAILED: Final = f'status="5xx",{_ALL}'

ALIVE: Final = Row(
    "Is it alive",
    (
        Panel(
            title="Processes that answer",
            does="Prometheus reaches the /metrics of each. 0: see `memcube status` and the process's log.",
            unit="short",
            queries=(Query('max by (process) (up{job="memcube"})', "{{process}}"),),
            bad=1,
            falling=True,
            figure=True,
        ),
        Panel(
            title="Workers that read",
            does="How many of each role have their partitions. 0: events wait in Kafka, safe and not"
            " recallable; the worker's log says why.",
            unit="short",
            queries=(Query("sum by (role) (memcube_ready)", "{{role}}"),),
            bad=1,
            falling=True,
            figure=True,
        ),
        Panel(
            title="Room on the disk",
            does="Beside the stores, and Kafka's log by default. When it is full, commits wait for room.",
            unit="bytes",
            queries=(Query("min by (store) (memcube_store_free_bytes)", "{{store}}"),),
            warn=10e9,
            bad=1e9,
            falling=True,
            figure=True,
        ),
        Panel(
            title="Age of the oldest event that waits",
            does="By role, told by the gateway, so a dead worker does not hide it. A line that climbs by a"
            " second a second: nobody reads that partition. High and level: more load than the workers do.",
            unit="s",
            queries=(Query("max by (role) (memcube_lag_age_seconds)", "{{role}}"),),
            warn=15,
            bad=60,
        ),
        Panel(
            title="Events that wait",
            does="In all partitions of a role. At MEMCUBE_LAG_LIMIT (10,000) the gateway answers 429.",
            unit="short",
            queries=(Query("sum by (role) (memcube_lag_events)", "{{role}}"),),
            warn=1_000,
            bad=10_000,
        ),
        Panel(
            title="Age by partition of role memory",
            does="One that climbs alone: its owner is frozen, or one event takes very long there.",
            unit="s",
            queries=(Query('max by (partition) (memcube_lag_age_seconds{role="memory"})', "{{partition}}"),),
            warn=15,
            bad=60,
        ),
    ),
)

EVENT: Final = Row(
    "The way of an event",
    (
        Panel(
            title="From the log to recallable",
            does="Of each event, from Kafka's append to the commit. Slow: the two panels beside say where.",
            unit="s",
            queries=levels("memcube_event_seconds", 'role="memory"'),
            warn=1,
            bad=5,
        ),
        Panel(
            title="Waits before work, 95 %",
            does="log: until the worker had the event. queue: behind other batches. Both mean load: start"
            " another worker.",
            unit="s",
            queries=(
                Query(quantile("0.95", "memcube_event_wait_seconds", "stage", 'role="memory"'), "{{stage}}"),
            ),
            warn=1,
            bad=5,
        ),
        Panel(
            title="Stages of a batch, 95 %",
            does="embed: CPU is short. commit: the disk is slow, or another process holds the record.",
            unit="s",
            queries=(Query(quantile("0.95", "memcube_stage_seconds", "stage"), "{{stage}}"),),
            warn=1,
            bad=5,
        ),
        Panel(
            title="Events a second",
            does="By what became of them. repeated: came twice, without effect. refused: dead letters.",
            unit="ops",
            queries=(Query(rate("memcube_events_total", "role, outcome"), "{{role}} {{outcome}}"),),
        ),
        Panel(
            title="CPU in each stage",
            does="Cores busy. It tells what another core would help.",
            unit="short",
            queries=(Query(rate("memcube_stage_cpu_seconds_total", "stage"), "{{stage}}"),),
        ),
        Panel(
            title="Outbox: age of the oldest message",
            does="Over a minute: Kafka does not take what commits have to tell. Memory is right, its"
            " followers are late.",
            unit="s",
            queries=(Query("max by (store) (memcube_outbox_age_seconds)", "{{store}}"),),
            warn=10,
            bad=60,
        ),
        Panel(
            title="Outbox: messages",
            does="Rises while a burst is being sent, and falls again.",
            unit="short",
            queries=(Query("sum by (store) (memcube_outbox_messages)", "{{store}}"),),
            warn=10_000,
        ),
        Panel(
            title="Trouble on the way, in the last hour",
            does="fenced: workers joined or froze; all the time: two systems write one record. commit: the"
            " disk. relay: Kafka was away. rerouted: a producer with another partitioner. unsendable: the"
            " cluster allows smaller messages than our table.",
            unit="short",
            queries=(
                Query(added("memcube_fenced_total", "role"), "fenced {{role}}"),
                Query(added("memcube_commit_retries_total", "role"), "commit {{role}}"),
                Query(added("memcube_relay_retries_total", "role"), "relay {{role}}"),
                Query("sum(increase(memcube_rerouted_total[1h]))", "rerouted"),
                Query("sum(increase(memcube_unsendable_total[1h])) or vector(0)", "unsendable"),
            ),
            warn=1,
            span=16,
        ),
    ),
)

MEMORY: Final = Row(
    "Memory",
    (
        Panel(
            title="Decisions a second",
            does="What role memory makes of what is said. Many retractions at once: look at who sends.",
            unit="ops",
            queries=(Query(f"{rate('memcube_decisions_total', 'decision')} > 0", "{{decision}}"),),
        ),
        Panel(
            title="Dead letters in the last hour",
            does="`memcube deadletters list` shows them. processor-error is a fault of ours; the others are"
            " the sender's, or keys that are not here.",
            unit="short",
            queries=(
                Query(
                    f"{added('memcube_deadletters_total', 'role, reason')} > 0 or"
                    " sum by (role) (memcube_deadletters_total) * 0",
                    "{{role}} {{reason}}",
                ),
            ),
            warn=1,
        ),
        Panel(
            title="The record holds",
            does="Subjects, memories and all their versions.",
            unit="short",
            queries=(Query("max by (holds) (memcube_store_rows)", "{{holds}}"),),
        ),
        Panel(
            title="Size of the stores",
            does="Files with their log of writes. It grows with what is said; see the room on the disk.",
            unit="bytes",
            queries=(Query("max by (store) (memcube_store_bytes)", "{{store}}"),),
        ),
        Panel(
            title="Texts that had a vector already",
            does="Share that the model was spared. Low is usual for new conversation, high for a replay.",
            unit="percentunit",
            queries=(
                Query(
                    rate("memcube_vectors_total", where='source="record"')
                    + f" / ({rate('memcube_vectors_total')} > 0) or vector(0)",
                    "known",
                ),
            ),
        ),
        Panel(
            title="Messages delivered from the outbox a second",
            does="Updates, audit records and dead letters on their way to Kafka.",
            unit="ops",
            queries=(Query(rate("memcube_relayed_total", "role"), "{{role}}"),),
        ),
    ),
)

RECALL: Final = Row(
    "Recall",
    (
        Panel(
            title="A recall takes",
            does="All phases and the wait for its turn. Far above the phases' sum: recalls queue.",
            unit="s",
            queries=levels("memcube_recall_seconds", 'phase="total"'),
            warn=0.1,
            bad=0.5,
        ),
        Panel(
            title="Phases of a recall, 95 %",
            does="position: subjects are loaded anew, give the index more memory (MEMCUBE_RECALL_MEMORY_MB)."
            " embedding: CPU is short. bm25, vector: one subject is very large.",
            unit="s",
            queries=(
                Query(quantile("0.95", "memcube_recall_seconds", "phase", 'phase!="total"'), "{{phase}}"),
            ),
            warn=0.1,
            bad=0.5,
        ),
        Panel(
            title="Recalls a second",
            does="unreported: answered, but not told on memory.recalls, because Kafka did not take it.",
            unit="ops",
            queries=(
                Query(rate("memcube_recall_seconds_count", where='phase="total"'), "recalls"),
                Query(rate("memcube_recalls_unreported_total"), "unreported"),
            ),
        ),
    ),
)

DOORS: Final = Row(
    "The doors",
    (
        Panel(
            title="Requests a second",
            does="By route. One that jumps alone is one application: look at who sends.",
            unit="reqps",
            queries=(Query(rate("memcube_http_requests_total", "method, route"), "{{method}} {{route}}"),),
        ),
        Panel(
            title="Answers by class",
            does="5xx: 503 Kafka or the record is away, 504 a wait was too long, 500 a fault of ours. gone:"
            " callers leave before they are answered.",
            unit="reqps",
            queries=(Query(rate("memcube_http_requests_total", "status"), "{{status}}"),),
        ),
        Panel(
            title="Until an answer begins, 95 %",
            does="By route. With ?wait=recallable it holds the way of the event too.",
            unit="s",
            queries=(Query(quantile("0.95", "memcube_http_seconds", "route"), "{{route}}"),),
            warn=0.5,
            bad=5,
        ),
        Panel(
            title="Requests refused for backlog, a second",
            does="429: role memory is too far behind. Callers try again after Retry-After.",
            unit="reqps",
            queries=(Query(rate("memcube_http_rejected_total"), "429"),),
            warn=0.001,
        ),
        Panel(
            title="Event streams open",
            does="Followers of /v1/updates.",
            unit="short",
            queries=(Query("sum(memcube_http_streams)", "streams"),),
        ),
        Panel(
            title="Share of failed requests",
            does="5xx of all, without /readyz, which says no while a system starts.",
            unit="percentunit",
            queries=(
                Query(
                    f"({rate('memcube_http_requests_total', where=_FAILED)}"
                    f" / {rate('memcube_http_requests_total', where=_ALL)}) or vector(0)",
                    "5xx",
                ),
            ),
            warn=0.01,
            bad=0.05,
        ),
    ),
)

PROCESSES: Final = Row(
    "Processes",
    (
        Panel(
            title="CPU",
            does="Cores busy, by process.",
            unit="short",
            queries=(Query(rate("process_cpu_seconds_total", "process", _OURS), "{{process}}"),),
        ),
        Panel(
            title="Memory",
            does="Resident. The gateway's grows up to MEMCUBE_RECALL_MEMORY_MB and the model; a worker's with"
            " the subjects at hand (400 MB at the most). One that only climbs: restart it, nothing is lost.",
            unit="bytes",
            queries=(
                Query('sum by (process) (process_resident_memory_bytes{job="memcube"})', "{{process}}"),
            ),
        ),
        Panel(
            title="Up for",
            does="A saw: the process keeps dying; its log says why.",
            unit="s",
            queries=(
                Query('time() - max by (process) (process_start_time_seconds{job="memcube"})', "{{process}}"),
            ),
        ),
    ),
)

ROWS: Final = (ALIVE, EVENT, MEMORY, RECALL, CHAT, DOORS, PROCESSES)
