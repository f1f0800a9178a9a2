"""Models from the hub: the one place of plum-edge that opens a connection, and only in `pull`.

huggingface_hub downloads, resumes and keeps its own cache; here a snapshot is found in it without asking the network,
and every file is held against the hash that it is kept under. Knows nothing of what the models are for.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from plum_edge.errors import IntegrityError, NoModel
from plum_edge.paths import disk_errors, remembered_sha256, sha256_file

WEIGHTS = ("config.json", "generation_config.json", "model*.safetensors", "model.safetensors.index.json")
TEXT = ("tokenizer*", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt", "chat_template*")
FOLDER = (*WEIGHTS, *TEXT)
"""What of a repository is downloaded: no second copies of the weights in other forms, no code."""
_PATIENCE = 5.0
"""Seconds."""
_SHA256, _GIT = re.compile(r"[0-9a-f]{64}"), re.compile(r"[0-9a-f]{40}")


def cached(repository: str, revision: str = "") -> Path | None:
    """Return the folder of a model that is whole in the hub's cache, or None."""
    config = cached_file(repository, "config.json", revision)
    return config.parent if config and _whole(config.parent) else None


def cached_file(repository: str, name: str, revision: str = "") -> Path | None:
    """Return one file of a repository in the hub's cache, or None."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(repository, name, revision=revision or None) if repository and name else None
    return Path(found) if isinstance(found, str) else None


def folder() -> Path:
    """Return the hub's own cache."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


def reachable() -> bool:
    """Whether the hub answers, or whatever stands before it: asked once, for a few seconds at most."""
    from huggingface_hub import constants, get_session

    if constants.HF_HUB_OFFLINE:
        return False
    try:
        status: int = get_session().head(constants.ENDPOINT, timeout=_PATIENCE).status_code
    except Exception as error:
        if not _is_of_the_connection(error):
            raise
        return False
    return status < 500 and status not in (403, 407)  # a proxy may answer in its place


def pull(
    repository: str,
    files: Sequence[str] = FOLDER,
    *,
    revision: str = "",
    sha256: Mapping[str, str] | None = None,
    quiet: bool = False,
) -> Path:
    """Download what is missing of a repository into the hub's cache, check it, and return its folder.

    ``revision``: the commit that is meant, else the newest. ``sha256``: what files must be, beyond what the hub says.

    What was downloaded before the connection broke is kept and not asked for again. Progress goes to stderr, unless
    ``quiet``.

    Raises:
        NoModel: no connection, no such repository, or its licence was not accepted.
        IntegrityError: a file is not what the hub says; it is removed.
        NoSpace, StoreError: as the disk says.
    """
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, LocalEntryNotFoundError, RepositoryNotFoundError
    from huggingface_hub.utils.tqdm import disable_progress_bars, enable_progress_bars

    again = "What was downloaded is kept. Run the command again when there is a connection."
    (disable_progress_bars if quiet else enable_progress_bars)()
    try:
        with disk_errors(Path(constants.HF_HUB_CACHE)):
            found = Path(snapshot_download(repository, revision=revision or None, allow_patterns=list(files)))
    except GatedRepoError as error:
        page = f"{constants.ENDPOINT}/{repository}"
        remedy = f"Accept it at {page}, then: hf auth login. Run the command again after that."
        raise NoModel(repository, "its licence must be accepted first", remedy) from error
    except RepositoryNotFoundError as error:
        remedy = "Is it private? Then first: hf auth login. Else see: plum-edge models list"
        raise NoModel(repository, f"{constants.ENDPOINT} has no such repository", remedy) from error
    except LocalEntryNotFoundError as error:
        raise NoModel(repository, f"{constants.ENDPOINT} cannot be reached", again) from error
    except HfHubHTTPError as error:
        raise NoModel(repository, f"{constants.ENDPOINT} answered {error.response.status_code}", again) from error
    except Exception as error:
        # The library's own HTTP client is its business, and so are the classes of its errors.
        if not _is_of_the_connection(error):
            raise
        raise NoModel(repository, f"the connection broke ({type(error).__name__})", again) from error
    _check(found)
    for name, wanted in (sha256 or {}).items():
        if (found / name).is_file() and remembered_sha256(found / name) != wanted:
            raise IntegrityError(f"{name} of {repository} is not the file that is known here.", "It is not used.")
    return found


def _is_of_the_connection(error: Exception) -> bool:
    return isinstance(error, ConnectionError | TimeoutError) or type(error).__module__.split(".")[0].startswith("httpx")


def _whole(folder: Path) -> bool:
    """Whether all files of weights are there: those that the index names, or the only one."""
    index = folder / "model.safetensors.index.json"
    try:
        names = set(json.loads(index.read_bytes())["weight_map"].values()) if index.is_file() else {"model.safetensors"}
    except (ValueError, KeyError, AttributeError):
        return False
    return all((folder / name).is_file() for name in names)


def _check(folder: Path) -> None:
    """Hold each file against the name that it has in the cache: its SHA-256, or for small files git's own hash."""
    for path in sorted(folder.rglob("*")):
        kept = path.resolve()
        if not path.is_symlink() or not kept.is_file():
            continue
        right = (
            sha256_file(kept) == kept.name
            if _SHA256.fullmatch(kept.name)
            else not _GIT.fullmatch(kept.name) or _git_hash(kept) == kept.name
        )
        if not right:
            path.unlink()
            kept.unlink()
            raise IntegrityError(
                f"{path.name} arrived damaged: its hash is not the hub's. It was removed.", "Run the command again."
            )


def _git_hash(path: Path) -> str:
    """Return what git calls a file of these bytes."""
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
