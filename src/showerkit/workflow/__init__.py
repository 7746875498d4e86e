"""One public function per verb of the command line, gluing the parts of the package together.

They are imported here at once, so that ``showerkit.workflow.simulate`` is the function whatever was
imported before; each loads the heavy libraries that it needs when it is called.

Examples
--------
>>> from showerkit import workflow
>>> sorted(verb for verb in workflow.__all__ if verb.startswith("simulate"))
['simulate', 'simulate_calibration_jets', 'simulate_jets']
"""

from showerkit.workflow.compare import compare
from showerkit.workflow.convert import convert
from showerkit.workflow.doctor import doctor
from showerkit.workflow.evaluate import evaluate
from showerkit.workflow.export import export
from showerkit.workflow.generate import generate
from showerkit.workflow.images import images
from showerkit.workflow.patterns import patterns
from showerkit.workflow.production_plan import plan_production
from showerkit.workflow.profile import profile
from showerkit.workflow.reconstruct import reconstruct
from showerkit.workflow.run import run
from showerkit.workflow.simulate import simulate
from showerkit.workflow.simulate_calibration_jets import simulate_calibration_jets
from showerkit.workflow.simulate_jets import simulate_jets
from showerkit.workflow.train import train
from showerkit.workflow.tune import tune
from showerkit.workflow.validate import validate
from showerkit.workflow.view import view

__all__ = [
    "compare",
    "convert",
    "doctor",
    "evaluate",
    "export",
    "generate",
    "images",
    "patterns",
    "plan_production",
    "profile",
    "reconstruct",
    "run",
    "simulate",
    "simulate_calibration_jets",
    "simulate_jets",
    "train",
    "tune",
    "validate",
    "view",
]
