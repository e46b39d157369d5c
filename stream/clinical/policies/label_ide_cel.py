"""`label-ide-cel`: the label of idecabtagene vicleucel, with the scheme of liso-cel.

Source: Abecma label (CLINICAL.md §4.2: "same 72 h scheme").
"""

from dataclasses import replace
from typing import Final

from stream.clinical.policies import label_liso_cel
from stream.clinical.policies.policy import ManagementProfile

NAME: Final = "label-ide-cel"

MANAGEMENT: Final[ManagementProfile] = replace(
    label_liso_cel.MANAGEMENT, name=NAME, source="Abecma label, as Breyanzi"
)
