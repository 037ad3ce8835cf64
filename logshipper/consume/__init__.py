"""Consume: line protocol out of Kafka into the other outputs. A message is settled as a chunk of a log is."""
