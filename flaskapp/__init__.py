"""The watched web application: a Flask app with fast, slow and failing routes, and its metrics."""

from collections.abc import Mapping

from flask import Flask

from flaskapp import exposition, metrics, settings, views


def create_app(config: Mapping[str, object] | None = None) -> Flask:
    """Return the application, with settings from the environment and then from `config`.

    The settings and their defaults are in `flaskapp.settings`. A value that is not accepted is a ValueError.
    """
    app = Flask(__name__, static_folder=None)
    metrics.measure(app)
    settings.load(app.config, config or {})
    app.register_blueprint(views.pages)
    app.register_blueprint(exposition.pages)
    return app
