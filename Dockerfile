# The application in production: nginx on 80 and 5000, uWSGI behind it, and logshipper on uWSGI's log, all under
# supervisord and as an ordinary user. Any Debian with Python 3.11 or later can be the base.
ARG BASE=python:3.13.7-slim-bookworm
FROM ${BASE}

RUN apt-get update \
 && apt-get install --yes --no-install-recommends nginx-light \
 && rm -rf /var/lib/apt/lists/*

WORKDIR /srv/flaskfana
ENV VIRTUAL_ENV=/opt/flaskfana PATH=/opt/flaskfana/bin:$PATH \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1

# The locked packages come first, so this layer only changes with them. pyuwsgi is uWSGI as a wheel: no compiler needed.
COPY requirements requirements
RUN python3 -m venv $VIRTUAL_ENV \
 && pip install --no-cache-dir --require-hashes \
      -r requirements/build.txt -r requirements/container.txt -r requirements/pyuwsgi.txt

# The shipper as a wheel. This layer only changes with the contents of the wheel.
COPY pyproject.toml README.md LICENSE ./
COPY grafana grafana
COPY grok_patterns grok_patterns
COPY prometheus prometheus
COPY systemd systemd
COPY logshipper logshipper
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /tmp/wheel . \
 && pip install --no-cache-dir --no-deps /tmp/wheel/*.whl \
 && rm -rf /tmp/wheel logshipper

# The application, and what runs it.
COPY supervisord.conf ./
COPY docker docker
COPY flaskapp flaskapp
RUN logshipper routes flaskapp:create_app > routes.json

# RUN_DIR holds the log, the position in it, and the counters. On a volume they survive the container.
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin app \
 && mkdir --parents /var/lib/flaskfana /run/flaskfana /run/flaskfana-secrets \
 && chown app:app /var/lib/flaskfana /run/flaskfana
ENV RUN_DIR=/var/lib/flaskfana \
    APP_SOCKET=/run/flaskfana/uwsgi.sock \
    METRICS_ADDRESS=0.0.0.0:8000 \
    LOGSHIPPER_CONFIG=/srv/flaskfana/docker/logshipper.toml \
    MORE_PROGRAMS=/srv/flaskfana/docker/programs.conf \
    VIEWER=false VIEWER_DB=none VIEWER_PORT=8001 TRAFFIC=false
VOLUME /var/lib/flaskfana
USER app
EXPOSE 80 5000 8000 9273
STOPSIGNAL SIGTERM
CMD ["supervisord", "--configuration", "supervisord.conf"]
