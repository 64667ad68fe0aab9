"""The part of matplotlib that bench/compare/pictures.py uses: `make check` runs without the packages of the benchmark."""

rcParams: dict[str, object]  # noqa: N816 - its name
