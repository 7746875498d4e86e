"""Judge generated jets by the measures of the field, defined as JetNet defines them."""

from showerkit.evaluate.jets.jet_evaluation import JetEvaluation, evaluate_jets
from showerkit.evaluate.jets.settings import JetEvaluationConfig

__all__ = ["JetEvaluation", "JetEvaluationConfig", "evaluate_jets"]
