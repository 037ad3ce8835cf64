"""What a log says about a period: slow and failing routes, and what changed against the period before."""
