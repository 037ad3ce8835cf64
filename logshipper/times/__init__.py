"""Times: layouts, zones, and what a stamp of a log means."""
