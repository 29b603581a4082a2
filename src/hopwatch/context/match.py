"""Finds the entries of a context that match a host or an account, fast for thousands of entries and many hops."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from hopwatch.context.patterns import (
    Where,
    Who,
    account_fits,
    account_rank,
    address,
    host_fits,
    literal,
    network,
    split_account,
    wild,
)

T = TypeVar("T")
Rank = tuple[int, int]
Buckets = dict[str, list[tuple[str, T]]]
# A host's name says more of it than its address, that more than a glob, and a glob more than a network.
FULL_NAME, SHORT_NAME, ADDRESS, GLOB, NETWORK = 5, 4, 3, 2, 1


class Globs(Generic[T]):
    """Globs by the letters that they begin with: of thousands only those are tried whose beginning is the text's."""

    def __init__(self) -> None:
        self._by_start: Buckets[T] = defaultdict(list)

    def add(self, pattern: str, item: T) -> None:
        """Take a glob in; `item` stands for it."""
        self._by_start[pattern.lower().partition("*")[0].partition("?")[0]].append((pattern, item))

    def near(self, text: str) -> Iterator[tuple[str, T]]:
        """Give the globs that can match a text."""
        for length in range(len(text) + 1) if self._by_start else ():
            yield from self._by_start.get(text[:length], ())


class HostIndex(Generic[T]):
    """Items by the pattern of a host that each has."""

    def __init__(self, items: Iterable[tuple[str, T]]) -> None:
        self._names: Buckets[T] = defaultdict(list)
        self._addresses: Buckets[T] = defaultdict(list)
        self._globs: Globs[T] = Globs()
        self._networks: dict[tuple[int, int], dict[int, list[T]]] = defaultdict(lambda: defaultdict(list))
        self._known: dict[Where, list[tuple[Rank, T]]] = {}
        for pattern, item in items:
            self._add(pattern.lower(), item)

    def _add(self, pattern: str, item: T) -> None:
        if (net := network(pattern)) is not None:
            self._networks[net.version, net.prefixlen][int(net.network_address)].append(item)
        elif wild(pattern):
            self._globs.add(pattern, item)
        elif (ip := address(pattern)) is not None:
            self._addresses[ip].append((pattern, item))
        else:
            self._names[pattern.split(".")[0]].append((pattern, item))

    def every(self, where: Where) -> list[tuple[Rank, T]]:
        """Give all items whose pattern matches, each with how specific that is."""
        if where not in self._known:
            self._known[where] = list(self._found(where))
        return self._known[where]

    def best(self, where: Where) -> list[T]:
        """Give the items of the most specific pattern that matches: several where it is given several times."""
        return _best(self.every(where))

    def _found(self, where: Where) -> Iterator[tuple[Rank, T]]:
        for pattern, item in self._names.get(where.short or "", ()):
            if host_fits(pattern, where):
                yield (FULL_NAME if pattern == where.host else SHORT_NAME, 0), item
        for _, item in self._addresses.get(address(where.ip or "") or "", ()):
            yield (ADDRESS, 0), item
        texts = {where.host, where.short, where.ip} - {None}
        globs = {(p, id(item)): (p, item) for text in texts for p, item in self._globs.near(text or "")}
        for pattern, item in globs.values():
            if host_fits(pattern, where):
                yield (GLOB, literal(pattern)), item
        yield from self._in_networks(where.ip)

    def _in_networks(self, ip: str | None) -> Iterator[tuple[Rank, T]]:
        if ip is None or not self._networks:
            return
        try:
            parsed = ipaddress.ip_address(ip)
        except ValueError:
            return
        for (version, length), networks in self._networks.items():
            if version == parsed.version:
                below = parsed.max_prefixlen - length
                for item in networks.get(int(parsed) >> below << below, ()):
                    yield (NETWORK, length), item


class AccountIndex(Generic[T]):
    """Items by the pattern of an account that each has."""

    def __init__(self, items: Iterable[tuple[str, T]]) -> None:
        self._names: Buckets[T] = defaultdict(list)
        self._globs: Globs[T] = Globs()
        self._known: dict[Who, list[tuple[Rank, T]]] = {}
        for pattern, item in items:
            name = split_account(pattern.lower())[0]
            if wild(name):
                self._globs.add(name, (pattern, item))  # type: ignore[arg-type]
            else:
                self._names[name].append((pattern, item))

    def every(self, who: Who) -> list[tuple[Rank, T]]:
        """Give all items whose pattern matches, each with how specific that is."""
        if who not in self._known:
            self._known[who] = list(self._found(who))
        return self._known[who]

    def best(self, who: Who) -> list[T]:
        """Give the items of the most specific pattern that matches."""
        return _best(self.every(who))

    def _found(self, who: Who) -> Iterator[tuple[Rank, T]]:
        near = [*self._names.get(who.name, ()), *self._names.get((who.sid or "").lower(), ())]
        near += [pair for _, pair in self._globs.near(who.name)]
        for pattern, item in near:
            if account_fits(pattern, who):
                yield account_rank(pattern), item


def _best(found: list[tuple[Rank, T]]) -> list[T]:
    top = max((rank for rank, _ in found), default=None)
    return [item for rank, item in found if rank == top]
