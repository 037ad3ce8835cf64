"""The shipper at work: the loop, one pipeline for each output, what is in flight, and what it tells of itself."""
