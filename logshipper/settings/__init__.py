"""Settings: Telegraf's own names in one TOML file, each option declared once with its default and its help."""
