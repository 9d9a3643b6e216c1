"""Everything that Driftline raises on purpose.

DriftlineError                    the job cannot go on; exit code 2
├── SettingsError                 a monitor file or an argument is wrong
│   └── UnknownName               a name that no file of its kind has
├── SliceUnavailable              the source cannot be reached (a retry may help)
│   └── SliceMissing              it can, and nothing has arrived there
├── SliceCorrupt                  the source's bytes cannot be decoded
├── SliceTooLarge                 a file or a window exceeds the source's limits
├── SchemaMismatch                a column the monitor needs is absent or of a wrong type
├── RegistryUnavailable           MLflow cannot be reached (a retry may help)
├── ModelMissing                  no such model, version or alias
├── ModelUnusable                 a version may not or cannot be loaded
├── ReferenceMissing              the model version has no reference
├── ReferenceCorrupt              the reference cannot be read or fails its checksum
├── LedgerUnavailable             the ledger cannot be reached or written (a retry may help)
├── LedgerRefused                 the ledger's file or schema is not one to write to
│   └── LedgerDamaged             its bytes cannot be read, or a row makes no sense
├── WindowBusy                    another worker holds this window; exit code 75
├── LeaseLost                     this worker's lease was taken over; nothing was written
├── DeliveryFailed                a message or request was not accepted
│   └── DeliveryRefused           nor will it be until a person mends the set-up
├── CostUnavailable               the billing service gave no answer
├── TrainingFailed                the trainer raised or returned something unusable
└── DependencyMissing             an extra is not installed

Data problems are findings, not errors: an empty slice, a failed expectation or a
missing label never raise.
"""

from collections.abc import Iterable


class DriftlineWarning(UserWarning):
    """Something a person should know that does not stop the job."""


class DriftlineError(Exception):
    """The job cannot go on; the message says what, where, and what to do next.

    `place` is the address of what gave no answer, without secrets and the same for all
    that share it; empty where it is not known, or serves one monitor alone.
    """

    exit_code = 2

    def __init__(
        self, message: str, *, retryable: bool = False, place: str = ""
    ) -> None:
        super().__init__(message)
        self.retryable = retryable
        self.place = place


class SettingsError(DriftlineError):
    """A monitor file, a suite or an argument is wrong; nothing was touched."""


class UnknownName(SettingsError):
    """No file of this kind has the given name; the message lists near misses."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        import difflib  # only for this message

        names = sorted(known)
        near = difflib.get_close_matches(name, names, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        super().__init__(f"no {kind} named {name!r}.{hint} Known: {', '.join(names)}.")


class SliceUnavailable(DriftlineError):
    """The source did not answer or holds nothing under the given place."""

    def __init__(
        self, message: str, *, retryable: bool = True, place: str = ""
    ) -> None:
        super().__init__(message, retryable=retryable, place=place)


class SliceMissing(SliceUnavailable):
    """The place was reached and holds nothing yet, as on a day of rest it may."""

    def __init__(
        self, message: str, *, retryable: bool = False, place: str = ""
    ) -> None:
        super().__init__(message, retryable=retryable, place=place)


class SliceCorrupt(DriftlineError):
    """The source's bytes cannot be decoded; no partial slice was used."""


class SliceTooLarge(DriftlineError):
    """A file or window has more bytes, rows or columns than the source's `limits` allow."""


class SchemaMismatch(DriftlineError):
    """A column that the monitor needs is absent or of a type it cannot have."""


class RegistryUnavailable(DriftlineError):
    """The model registry did not answer."""

    def __init__(
        self, message: str, *, retryable: bool = True, place: str = ""
    ) -> None:
        super().__init__(message, retryable=retryable, place=place)


class ModelMissing(DriftlineError):
    """The registry knows no such model, version or alias."""


class ModelUnusable(DriftlineError):
    """The version's model may not be loaded, or cannot be; nothing of it was run."""


class ReferenceMissing(DriftlineError):
    """The model version has no reference; the message has the command that makes it."""


class ReferenceCorrupt(DriftlineError):
    """The reference cannot be read or fails its checksum."""


class LedgerUnavailable(DriftlineError):
    """The ledger could not be reached or written; nothing was recorded."""

    def __init__(self, message: str, *, retryable: bool = True) -> None:
        super().__init__(message, retryable=retryable)


class LedgerRefused(DriftlineError):
    """The ledger's file or schema is not one that this version may write to."""


class LedgerDamaged(LedgerRefused):
    """The ledger's bytes or rows are not what was written; nothing was changed."""


class WindowBusy(DriftlineError):
    """Another worker holds this window; it alone will record the verdict."""

    exit_code = 75


class LeaseLost(DriftlineError):
    """The lease passed to another worker; this one wrote nothing."""


class DeliveryFailed(DriftlineError):
    """A notifier or dispatcher did not accept what was sent."""


class DeliveryRefused(DeliveryFailed):
    """A token, a right or a channel is wrong: once it is mended, what waits is sent."""


class CostUnavailable(DriftlineError):
    """The billing service gave no usable answer."""


class TrainingFailed(DriftlineError):
    """The trainer raised or returned something that cannot be scored."""


class DependencyMissing(DriftlineError):
    """A part needs an extra that is not installed; the message names it."""
