"""Every setting that a base has in a home, and who says so.

Joins the catalogue with what a model's own file says. Knows nothing of who shows it.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from plum_edge import config
from plum_edge.bases import catalogue, local, sampling
from plum_edge.bases.catalogue import Entry
from plum_edge.paths import Home

_OWN, _LATER = "the model's own file", "known once it is here"


def settings(home: Home, entry: Entry, *, here: bool) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Return the settings of a base that is ``here`` or not, and what its own file says of them that is not followed.

    ``table.key`` → its ``value``, and where that is ``from``: default, profile, config.toml, or the model's own file,
    which has a word on how it is sampled. Of a base that is not here this is known once it is.

    Raises:
        NoModel: its generation_config.json is damaged.
    """
    merged = catalogue.merged(home, entry.name)
    sources = {entry.name: "profile", home.config.name: home.config.name}
    found = {
        f"{table}.{key}": {"value": value, "from": sources.get(merged.origins.get(f"{table}.{key}", ""), "default")}
        for table, values in dataclasses.asdict(merged.config).items()
        if table in config.PROFILED
        for key, value in values.items()
    }
    told = sampling.told(*local.place(entry)) if here else sampling.Told()
    for key, usual in sampling.USUAL.items():
        name = f"generate.{key}"
        if found[name]["value"] is None and here:
            found[name] = {"value": told.values.get(key, usual), "from": _OWN if key in told.values else "default"}
        elif found[name]["value"] is None:
            found[name]["from"] = _LATER
    return found, list(told.notes)
