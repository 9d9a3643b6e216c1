"""A better challenger serves, once, whatever dies on the way; nobody else does."""

from dataclasses import replace

import pytest

from driftline.app.monitor_day import deliver_due
from driftline.app.retraining.record import NOTE
from driftline.app.retraining.retrain import retrain_model
from driftline.core.verdict import Word
from driftline.errors import ModelMissing, RegistryUnavailable
from driftline.ports import Trained, call
from driftline.testing import MemoryRegistry
from tests.app.retraining import changing, reasons, retrained, serve
from tests.app.world import MODEL, MONITOR, Logistic, World, window


@pytest.fixture
def world() -> World:
    """Two days as ever; then the world has changed."""
    return changing()


class TestPromotion:
    def test_a_better_challenger_is_promoted_and_tomorrow_is_judged_by_it(self, world):
        """Aliases, the version's own reference, the note, the message; then calm days."""
        reasons(world, range(13))
        outcome = retrained(world, 12)
        assert outcome.promoted
        assert outcome.challenger == "deliveries v2"
        aliases = {alias: v for (_, alias), v in world.registry.aliases.items()}
        assert aliases == {"champion": "2", "previous": "1", "challenger": "2"}
        assert world.titles()[-1] == "deliveries: deliveries v2 promoted"
        [note] = world.ledger.notes(MONITOR, NOTE)
        assert note["body"]["contest"]["gain"] > 0.1
        serve(world, range(13, 18))
        later = [world.judge(number) for number in range(13, 18)]
        assert {report.model for report in later} == {"deliveries v2"}
        assert {report.verdict.word for report in later} <= {Word.HEALTHY, Word.WATCH}

    def test_a_challenger_that_is_not_better_stays_a_challenger(self, world):
        """It is registered and named, and the champion keeps serving."""
        world.job = replace(
            world.job, retraining=world.retraining(trainer=Logistic("distance"))
        )
        outcome = retrained(world, 12)
        assert not outcome.promoted
        aliases = {alias: v for (_, alias), v in world.registry.aliases.items()}
        assert aliases == {"champion": "1", "challenger": "2"}
        assert world.titles() == ["deliveries: deliveries v1 stays in service"]

    def test_the_same_run_again_changes_nothing(self, world):
        """Promoted or not: no version, no message, no note is added."""
        for margin in (0.9, 0.0):
            world.job = replace(world.job, retraining=world.retraining(margin=margin))
            last = 12 if margin else 13
            first = retrained(world, last)
            before = (dict(world.registry.aliases), len(world.registry.versions))
            again = retrained(world, last)
            assert (again.repeated, again.promoted) == (True, first.promoted)
            assert (
                dict(world.registry.aliases),
                len(world.registry.versions),
            ) == before
        assert len(world.notifier.sent) == 2
        assert len(world.ledger.notes(MONITOR, NOTE)) == 2

    def test_a_registry_that_is_down_when_the_alias_is_to_move_is_asked_again(
        self, world
    ):
        """The outcome is recorded; whoever drains the outbox next completes it."""

        class Down(MemoryRegistry):
            failing = True

            def move_alias(self, name, alias, version):
                if self.failing and alias == "champion":
                    raise RegistryUnavailable("MLflow does not answer")
                super().move_alias(name, alias, version)

        down = Down()
        down.__dict__.update(world.registry.__dict__)
        world.job = replace(world.job, registry=down)
        assert retrained(world, 12).promoted
        assert down.resolve(MODEL, "champion").version == "1"
        assert retrained(world, 12).repeated
        down.failing = False
        world.judge(0)
        assert down.resolve(MODEL, "champion").version == "2"
        assert down.resolve(MODEL, "previous").version == "1"

    def test_a_version_that_came_into_service_meanwhile_is_not_pushed_out(self, world):
        """The promotion is given up, and the run's exit code says so."""
        registry = world.registry

        def overtaken(step, /, *args, **kwargs):
            result = call(step, *args, **kwargs)
            if step.__name__ == "conclude":
                third = registry.register(MODEL, Trained(None, lambda frame: frame), {})
                registry.move_alias(MODEL, "champion", third.version)
            return result

        retrain_model(world.job, window(12), "by hand", overtaken)
        assert registry.resolve(MODEL, "champion").version == "3"
        failed = [a for a in world.ledger.actions(MONITOR) if a["state"] == "failed"]
        assert [a["kind"] for a in failed] == ["promote"]
        assert "names v3 by now" in failed[0]["reason"]

    @pytest.mark.parametrize("at", ["conclude", "deliver_due"])
    def test_a_run_that_dies_before_the_promotion_is_completed_by_the_next_drain(
        self, world, at
    ):
        """After the outcome is recorded nothing of it is lost, nor done twice."""

        def dying(step, /, *args, **kwargs):
            if step.__name__ == at:
                if at == "conclude":
                    call(step, *args, **kwargs)
                raise KeyboardInterrupt
            return call(step, *args, **kwargs)

        with pytest.raises(KeyboardInterrupt):
            retrain_model(world.job, window(12), "by hand", dying)
        deliver_due(world.job)
        assert world.registry.resolve(MODEL, "champion").version == "2"
        assert retrained(world, 12).repeated
        assert world.titles() == ["deliveries: deliveries v2 promoted"]


def test_a_monitor_whose_model_is_unknown_says_which_aliases_there_are(world):
    """Neither a day nor a retraining begins without a version."""
    world.job = replace(world.job, alias="chmpion")
    with pytest.raises(ModelMissing, match="champion"):
        retrained(world, 12)


class Killed(BaseException):
    """What nobody catches, as nobody catches a process that is gone."""


STEPS = (
    "resolve_champion",
    "gather",
    "choose_window",
    "fit",
    "contest",
    "enlist",
    "time_predictions",
    "conclude",
    "deliver_due",
)


def taken(steps: list[str], killed_before: str = ""):
    """A runner that notes the steps, and is killed before one of them."""

    def run(step, /, *args, **kwargs):
        if step.__name__ == killed_before:
            raise Killed
        steps.append(step.__name__)
        return call(step, *args, **kwargs)

    return run


class TestKilled:
    """A run that ends between two steps and is started again."""

    @pytest.mark.parametrize("step", STEPS)
    def test_it_is_made_once(self, world, step):
        """One outcome, one message, one promotion; the alias names the one it tells of."""
        reasons(world, range(4))
        with pytest.raises(Killed):
            retrain_model(world.job, window(3), "", taken([], step))
        again = retrain_model(world.job, window(3), "")
        assert again.promoted
        [note] = world.ledger.notes(MONITOR, NOTE)
        aliases = {alias: v for (_, alias), v in world.registry.aliases.items()}
        mine = note["body"]["challenger"]
        assert aliases == {"champion": mine, "previous": "1", "challenger": mine}
        assert [t for t in world.titles() if "promoted" in t] == [
            f"deliveries: deliveries v{mine} promoted"
        ]
        moves = [a for a in world.ledger.actions(MONITOR) if a["kind"] == "promote"]
        assert [a["state"] for a in moves] == ["done"]

    def test_no_step_is_left_out(self, world):
        """The list above is what a run does."""
        reasons(world, range(4))
        steps: list[str] = []
        retrain_model(world.job, window(3), "", taken(steps))
        assert tuple(steps) == STEPS
