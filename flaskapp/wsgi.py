"""The application as uWSGI loads it: `module = flaskapp.wsgi:app`."""

import sys

from flaskapp import create_app, workers

workers.survive_reload()
try:
    app = create_app()
except ValueError as error:
    sys.exit(f"flaskapp: {error}")
