"""Which schedule may follow which: no circle, and no more than so many after one another. Pure."""

from __future__ import annotations

from collections.abc import Iterable


def longest_chain(links: Iterable[tuple[str, str]]) -> int | None:
    """How many links follow one another at most, of links from a schedule to the one that follows it; None where some lead back."""
    following: dict[str, set[str]] = {}
    for source, target in links:
        following.setdefault(source, set()).add(target)
    before = dict.fromkeys({*following, *(target for targets in following.values() for target in targets)}, 0)
    for targets in following.values():
        for target in targets:
            before[target] += 1
    depth = dict.fromkeys(before, 0)
    ready = [name for name, count in before.items() if count == 0]
    done = 0
    while ready:
        name = ready.pop()
        done += 1
        for target in following.get(name, ()):
            depth[target] = max(depth[target], depth[name] + 1)
            before[target] -= 1
            if before[target] == 0:
                ready.append(target)
    return max(depth.values(), default=0) if done == len(depth) else None
