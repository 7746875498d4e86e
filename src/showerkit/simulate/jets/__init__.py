"""Jets: events of Pythia 8, a parametric detector, and FastJet."""
