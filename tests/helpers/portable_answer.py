"""As a file: computes logits with a third of the experts in memory, with whatever variant this processor gets.

Says the variant's name, or why there is none. Run under an emulator, too, so it imports little.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

TOKENS: Final = [(7 * index + index * index) % 96 for index in range(24)]


def main() -> int:
    """Arguments: the model, and where the logits go; without any it only loads the engine."""
    from thimble.engine import binding, variants
    from thimble.errors import ThimbleError

    try:
        binding.llama()
    except ThimbleError as error:
        sys.stderr.write(f"{error.problem.code}: {error}\n")
        return 1
    if len(sys.argv) > 1:
        import numpy as np

        from tests.helpers import forced

        # both ways that kernels are called: a prompt, and token by token
        runs = (forced.Run(piece=64, exact_attention=False), forced.Run(piece=1, exact_attention=False))
        logits = [forced.on_disk(Path(sys.argv[1]), TOKENS, run, share=0.34) for run in runs]
        np.save(sys.argv[2], np.stack(logits))
    sys.stdout.write(variants.name() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
