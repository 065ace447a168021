"""The overview's row on chats, and on the blocks that make them quick."""

from __future__ import annotations

from typing import Final

from infra.observe.panels import Panel, Query, Row, added, quantile, rate

CHAT: Final = Row(
    "Chat and activation memory",
    (
        Panel(
            title="Until the first word, 95 %",
            does="By the route that memory took, from the request's arrival, recall included. kv near text:"
            " blocks are short, or the process is busy.",
            unit="s",
            queries=(Query(quantile("0.95", "memcube_chat_first_token_seconds", "taken"), "{{taken}}"),),
            warn=2,
            bad=10,
        ),
        Panel(
            title="Chats a second",
            does="By route. none where memory was asked for: nothing was recalled; see the answers' reason.",
            unit="ops",
            queries=(Query(rate("memcube_chat_seconds_count", "taken"), "{{taken}}"),),
        ),
        Panel(
            title="Chats without an answer, a second",
            does="model-down: no process answers, see its log. upstream-: the other model's side. gone and"
            " context_length_exceeded: the callers' own.",
            unit="ops",
            queries=(Query(rate("memcube_chat_refused_total", "why"), "{{why}}"),),
            warn=0.01,
        ),
        Panel(
            title="Of the first word, in the model process, 95 %",
            does="By route, its prefill included. High with few answers under way: long prompts, give blocks"
            " more room. High with many: start another model process.",
            unit="s",
            queries=(Query(quantile("0.95", "memcube_first_token_seconds", "taken"), "{{taken}}"),),
            warn=2,
            bad=10,
        ),
        Panel(
            title="Of the first word, the gateway's own, 95 %",
            does="Outside recall and the model call. Above 15 ms: the gateway's CPU is short, or the record"
            " is slow to read.",
            unit="s",
            queries=(Query(quantile("0.95", "memcube_chat_overhead_seconds"), "gateway"),),
            warn=0.015,
            bad=0.1,
        ),
        Panel(
            title="Until the last word, 95 %",
            does="Of whole answers, as the gateway and as the model process see them. Apart by much: callers"
            " read slowly, or the answer waits to be stored.",
            unit="s",
            queries=(
                Query(quantile("0.95", "memcube_chat_seconds"), "gateway"),
                Query(quantile("0.95", "memcube_generation_seconds"), "model process"),
            ),
        ),
        Panel(
            title="Answers under way",
            does="Computed in turn by one model process. More than a few for long: start another one.",
            unit="short",
            queries=(Query("sum by (instance) (memcube_answers_under_way)", "{{instance}}"),),
            warn=8,
            bad=32,
        ),
        Panel(
            title="Answers by their ending, a second",
            does="gone: callers leave. failed: the model process's log has the trace. length: at max_tokens.",
            unit="ops",
            queries=(Query(rate("memcube_generations_total", "ending"), "{{ending}}"),),
        ),
        Panel(
            title="Tokens of answers, a second",
            does="What the model processes write. Falling while answers wait: threads or CPU are short.",
            unit="ops",
            queries=(Query(rate("memcube_generated_tokens_total"), "tokens"),),
        ),
        Panel(
            title="Blocks asked for, by where they were",
            does="Much from disk: give MEMCUBE_KV_MEMORY_MB more. none: not served, see the panel beside."
            " prefetched: loaded ahead of the first question.",
            unit="ops",
            queries=(
                Query(rate("memcube_block_uses_total", "tier"), "{{tier}}"),
                Query(rate("memcube_prefetches_total"), "prefetched"),
            ),
        ),
        Panel(
            title="Blocks and requests refused, last hour",
            does="stale-model after an upgrade ends as blocks are built anew. damaged: look at the disk.",
            unit="short",
            queries=(Query(added("memcube_model_refused_total", "cause"), "{{cause}}"),),
        ),
        Panel(
            title="Room that blocks take",
            does="The shelf in a model process against its budget (MEMCUBE_KV_MEMORY_MB), and the disk, whose"
            " budget is MEMCUBE_KV_DISK_MB: over it role promote gives blocks up.",
            unit="bytes",
            queries=(
                Query("sum by (instance) (memcube_shelf_bytes)", "shelf {{instance}}"),
                Query("sum by (instance) (memcube_shelf_budget_bytes)", "shelf's budget {{instance}}"),
                Query("max(memcube_block_bytes)", "disk"),
            ),
        ),
        Panel(
            title="Builds, last hour",
            does="By what became of them. not-finite: the model's numbers are broken, look at its dtype."
            " disk-full: free some.",
            unit="short",
            queries=(Query(added("memcube_builds_total", "result"), "{{result}}"),),
        ),
        Panel(
            title="Promotions and demotions, last hour",
            does="Many of both: the budget is short, or memories change faster than blocks pay.",
            unit="short",
            queries=(
                Query(added("memcube_promotions_total", "cause"), "promoted: {{cause}}"),
                Query(added("memcube_demotions_total", "cause"), "demoted: {{cause}}"),
            ),
        ),
        Panel(
            title="Builds that wait",
            does="waiting: granted in turn over the tenants. jobs: in the log. Climbing: the process is"
            " busy with answers, which go first.",
            unit="short",
            queries=(
                Query("sum(memcube_builds_waiting)", "waiting"),
                Query("sum(memcube_builds_under_way)", "under way"),
                Query('sum(memcube_lag_events{role="model"})', "jobs"),
                Query(quantile("0.95", "memcube_build_seconds"), "seconds of a build, 95 %"),
            ),
        ),
    ),
)
