# One image for every service of docker-compose.yml.
FROM python:3.11-slim

RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin chiso
WORKDIR /app

COPY requirements.txt ./
RUN pip install --no-cache-dir --require-hashes --requirement requirements.txt

COPY pyproject.toml ./
COPY include include
COPY dags dags
COPY plugins plugins
COPY expectations expectations
COPY sandbox sandbox
# Volumes take over the owner of the folders that they cover.
RUN pip install --no-cache-dir --no-deps --editable . \
    && mkdir -p var/airflow var/audit var/drop var/landing var/reports var/sandbox/drop \
    && chmod -R u=rwX,go= var && chown -R chiso:chiso var

USER chiso
CMD ["chiso", "doctor"]
