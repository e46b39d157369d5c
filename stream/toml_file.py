"""What a site writes as TOML, to what a model makes of it; or refuse, naming the place.

No message repeats a value: it may be a secret that was put into the wrong file.
"""

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

T = TypeVar("T")


def read_toml(path: Path, validate: Callable[[dict[str, Any]], T], wrong: type[Exception]) -> T:
    """Read a file; raise `wrong`, with a line for each place, where it is none or is wrong."""
    try:
        return validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise wrong(f"cannot be read: {type(error).__name__}") from None
    except tomllib.TOMLDecodeError as error:
        raise wrong(f"is no TOML: {error}") from None
    except ValidationError as error:
        raise wrong("\n".join(_mistakes(error))) from None


def _mistakes(error: ValidationError) -> Iterator[str]:
    for mistake in error.errors(include_url=False, include_input=False, include_context=False):
        place = "".join(
            f"[{each + 1}]" if isinstance(each, int) else f".{each}" for each in mistake["loc"]
        )
        yield f"{place.removeprefix('.')}: {mistake['msg'].removeprefix('Value error, ')}"
