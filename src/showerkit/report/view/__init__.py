"""The interactive page of ``showerkit view``: single events, sliders, and histograms of what is selected."""
