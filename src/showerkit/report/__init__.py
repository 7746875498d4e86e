"""Show results: figures (data in, figure out) and the self-contained HTML report."""
