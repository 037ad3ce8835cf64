"""The watched web application."""
