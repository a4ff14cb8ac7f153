# The API and the jobs; the database is a container of its own.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1
WORKDIR /app

COPY requirements.lock pyproject.toml README.md LICENSE ./
RUN pip install --require-hashes -r requirements.lock

COPY core core
COPY cypher cypher
COPY loader loader
COPY gds_jobs gds_jobs
COPY ml ml
COPY api api
RUN pip install --no-deps --no-build-isolation .

# The faster neighbour sampler is not in the package index: give the address of its wheel page.
ARG PYG_LIB_PAGE=
RUN test -z "$PYG_LIB_PAGE" || pip install pyg-lib --find-links "$PYG_LIB_PAGE"

RUN useradd --create-home ledgergraph && install -d -o ledgergraph /var/lib/ledgergraph
USER ledgergraph
ENTRYPOINT ["ledgergraph"]
CMD ["serve"]
