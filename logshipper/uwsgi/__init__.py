"""What is particular to uWSGI: its configuration files, its log formats."""
