"""``geoflow verify``: the exact-solution suite as a table; exit 1 if a row falls short."""

from __future__ import annotations

import json
from dataclasses import asdict

from geoflow.verify import rows


def verify(quick: bool, as_json: bool, only: str | None = None) -> int:
    """Run the suite, or one chapter of it, and print it row by row."""
    done = []
    for row in rows(quick, only):
        done.append(row)
        if not as_json:
            mark = "ok  " if row.good else "FAIL"
            print(f"{mark} {row.case:28s} {row.quantity:48s} {row.found:10.4g}   expected {row.expected}", flush=True)
    bad = sum(not row.good for row in done)
    if as_json:
        print(json.dumps({"rows": [{**asdict(row), "good": row.good} for row in done], "failed": bad}))
    else:
        print(f"{len(done) - bad} of {len(done)} rows hold")
    return 1 if bad else 0
