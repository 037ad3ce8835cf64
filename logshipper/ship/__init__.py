"""The running shipper: the loop, a pipeline for each output, what is in flight, and the status and metrics."""
