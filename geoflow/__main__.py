"""``python -m geoflow`` is ``geoflow``."""

from geoflow.cli.main import run

if __name__ == "__main__":
    run()
