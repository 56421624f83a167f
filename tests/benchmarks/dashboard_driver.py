"""The real window on one view of the Performance page: `python -m tests.benchmarks.dashboard_driver SECONDS VIEW`.

Prints one JSON line with the processor time the window took. VIEW is a view's name, "hidden" (the page was seen and the
chat page covers it) or "never" (it was never made).
"""

from __future__ import annotations

import json
import sys
import time

from PySide6.QtCore import QTimer

from thimble import paths
from thimble.settings import Settings
from thimble.ui.app import Session, make_app
from thimble.ui.performance.page import VIEWS, PerformancePage

SETTLE_MS = 4000


def main() -> None:
    """Runs the window until the report."""
    seconds, view = float(sys.argv[1]), sys.argv[2]
    app = make_app()
    session = Session(app, Settings.load(paths.settings_file()))
    window = session.window

    def show() -> None:
        if view == "never":
            return
        window.show_page("performance")
        page = window.page("performance")
        assert isinstance(page, PerformancePage)
        if view in VIEWS:
            page.show_view(view)
        else:
            QTimer.singleShot(1000, window, lambda: window.show_page("chat"))

    def begin() -> None:
        cpu, clock = time.process_time(), time.perf_counter()
        samples = [0]
        session.link.sample.connect(lambda _sample: samples.__setitem__(0, samples[0] + 1))

        def report() -> None:
            passed = time.perf_counter() - clock
            used = 100 * (time.process_time() - cpu) / passed
            sys.stdout.write(json.dumps({"percent": used, "hertz": samples[0] / passed}) + "\n")
            sys.stdout.flush()
            window.close()

        QTimer.singleShot(int(seconds * 1000), window, report)

    window.show()
    QTimer.singleShot(1000, window, show)
    QTimer.singleShot(1000 + SETTLE_MS, window, begin)
    app.exec()
    session.end()


if __name__ == "__main__":
    main()
