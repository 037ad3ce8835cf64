"""Outputs: where points are stored. `protocol.py` says what each must do."""
