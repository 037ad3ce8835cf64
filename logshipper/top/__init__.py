"""A live view of a log in the terminal: what is slow, what fails, who asks, and how busy the workers are."""
