"""Cuts a text at a word, so that it has no more than so many bytes of UTF-8."""

from alerts.readings import CUT, cut


def cut_to_bytes(text: str, room: int) -> str:
    """Cut a text to what a gateway that counts bytes takes; no character is torn."""
    whole = text.encode()
    if len(whole) <= room:
        return text
    kept = whole[: room - len(CUT.encode())].decode(errors="ignore")
    return cut(f"{kept}{CUT}{CUT}", len(kept) + len(CUT))
