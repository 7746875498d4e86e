"""The steps of a chain whose model makes sparse images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from showerkit.workflow.chain_run import ChainRun, plain
from showerkit.workflow.chain_sections import ImageSections
from showerkit.workflow.steps import settings_key

if TYPE_CHECKING:
    from pathlib import Path

    from showerkit.data.image_config import ImageConfig
    from showerkit.workflow.images import ImagePart


class ImageRun(ChainRun[ImageSections]):
    """Write the training and the test part of the digits, train, generate, evaluate."""

    def run(self) -> None:
        """Do every step that is not finished."""
        recipe = self._recipe
        self._write_recipe()
        keys: dict[str, str] = {}
        # The classifier learns to tell all digits apart, even if the model makes one only, and never sees the
        # half of the training part that is the floor.
        all_digits = recipe.images.model_copy(update={"digits": None})
        parts: tuple[tuple[str, ImagePart, Path, ImageConfig], ...] = (
            ("train", "train", self._train, recipe.images),
            ("test", "test", self._test, recipe.images),
            ("floor", "first-half", self._floor, recipe.images),
            ("classifier", "second-half", self._classifier, all_digits),
        )
        for name, part, path, images in parts:
            keys[name] = settings_key(name, plain(images))
            self._images(name, part, path, images, keys[name])
        model_key = settings_key(keys["train"], plain(recipe.training_recipe()))
        self._step("train", model_key, self._do_train)
        generated_key = settings_key(model_key, keys["test"], plain(recipe.generate))
        self._step("generate", generated_key, self._do_generate)
        report_key = settings_key(generated_key, keys["floor"], keys["classifier"], plain(recipe.evaluate))
        self._step("evaluate", report_key, self._do_evaluate)

    @property
    def _generated(self) -> Path:
        return self._folder / "generated.h5"

    @property
    def _classifier(self) -> Path:
        return self._train.with_name("classifier.h5")

    def _images(self, name: str, part: ImagePart, path: Path, config: ImageConfig, key: str) -> None:
        from showerkit.workflow.images import images

        def do(goes_on: bool) -> None:
            images(path, config, part=part, overwrite=True, progress=self._progress)

        self._sample_step(f"write the {name} images", path, key, do)

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

    def _do_evaluate(self, goes_on: bool) -> list[Path]:
        from showerkit.workflow.evaluate_images import evaluate_images

        report = evaluate_images(
            self._test,
            [self._generated],
            self._report,
            floor=self._floor,
            training=self._classifier,
            models=[self._model],
            settings=self._recipe.evaluate,
            progress=self._progress,
        )
        return [report, report.with_name("metrics.json")]
