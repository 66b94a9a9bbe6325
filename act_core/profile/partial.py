"""The folder of an unfinished profile: hidden states at layer borders, sums of finished layers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from act_core.files import write_whole
from act_core.profile.statistics import LayerSums

if TYPE_CHECKING:
    import torch


class Partial:
    """What stands of a profile that is under way.

    Args:
        folder: Its folder, named by the hash of the profile's inputs; made if absent.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder

    def save_state(self, chain: str, border: int, packed: torch.Tensor) -> None:
        """Write packed states of a chain whole or not at all; border l is what enters layer l."""
        from safetensors.torch import save

        write_whole(self._state_path(chain, border), save({"state": packed}))

    def load_state(self, chain: str, border: int) -> torch.Tensor:
        """Packed states `[tokens, hidden]` on the CPU."""
        from safetensors.torch import load_file

        return load_file(self._state_path(chain, border))["state"]

    def drop_state(self, chain: str, border: int) -> None:
        """Remove a border that nothing needs any more."""
        self._state_path(chain, border).unlink(missing_ok=True)

    def save_sums(self, phase: str, layer: int, sums: LayerSums) -> None:
        """Write a layer's sums; their presence says that the layer is finished."""
        sums.save(self._sums_path(phase, layer))

    def load_sums(self, phase: str, layer: int) -> LayerSums:
        """Sums of a finished layer."""
        return LayerSums.load(self._sums_path(phase, layer))

    def finished_forward(self, phase: str, layers: int) -> int:
        """Number of layers that are finished, from the first on."""
        done = 0
        while done < layers and self._sums_path(phase, done).is_file():
            done += 1
        return done

    def finished_backward(self, phase: str, layers: int) -> int:
        """Number of layers that are finished, from the last on."""
        done = 0
        while done < layers and self._sums_path(phase, layers - 1 - done).is_file():
            done += 1
        return done

    def _sums_path(self, phase: str, layer: int) -> Path:
        return self.folder / f"{phase}-{layer:04d}.sums"

    def _state_path(self, chain: str, border: int) -> Path:
        return self.folder / f"{chain}-{border:04d}.states"
