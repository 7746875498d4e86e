"""The steps of a chain whose model makes sparse images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from showerkit.workflow.chain_run import ChainRun, plain
from showerkit.workflow.chain_sections import ImageSections
from showerkit.workflow.steps import settings_key

if TYPE_CHECKING:
    from pathlib import Path


class ImageRun(ChainRun[ImageSections]):
    """Write the training and the test part of the digits, train, generate."""

    def run(self) -> None:
        """Do every step that is not finished."""
        recipe = self._recipe
        self._write_recipe()
        keys: dict[str, str] = {}
        parts: tuple[tuple[Literal["train", "test"], Path], ...] = (
            ("train", self._train),
            ("test", self._test),
        )
        for part, path in parts:
            keys[part] = settings_key(part, plain(recipe.images))
            self._images(part, path, keys[part])
        model_key = settings_key(keys["train"], plain(recipe.training_recipe()))
        self._step("train", model_key, self._do_train)
        generated_key = settings_key(model_key, keys["test"], plain(recipe.generate))
        self._step("generate", generated_key, self._do_generate)

    @property
    def _generated(self) -> Path:
        return self._folder / "generated.h5"

    def _images(self, part: Literal["train", "test"], path: Path, key: str) -> None:
        from showerkit.workflow.images import images

        def do(goes_on: bool) -> None:
            images(path, self._recipe.images, part=part, overwrite=True, progress=self._progress)

        self._sample_step(f"write the {part} images", path, key, do)

    def _do_generate(self, goes_on: bool) -> list[Path]:
        from showerkit.workflow.generate import generate

        generate(
            self._model,
            self._generated,
            like=self._test,
            seed=self._recipe.generate.seed,
            overwrite=True,
            progress=self._progress,
        )
        return [self._generated]
