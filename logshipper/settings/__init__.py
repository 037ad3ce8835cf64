"""Settings: one TOML file with Telegraf's names; each option is declared once, with its default and help."""
