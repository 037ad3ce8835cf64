"""What logshipper knows about uWSGI: its configuration files, log formats and messages."""
