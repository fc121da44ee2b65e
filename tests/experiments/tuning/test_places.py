import optuna
import pytest
from optuna.trial import TrialState

from volest.experiments.tuning.places import ATTEMPT, MOST_DEATHS, REASON, RETRY_OF, STOPPED, place_of, places_of

FAIL, RUNNING, WAITING, COMPLETE = TrialState.FAIL, TrialState.RUNNING, TrialState.WAITING, TrialState.COMPLETE


def trials(*described):
    made = []
    for number, (state, attributes) in enumerate(described):
        trial = optuna.create_trial(
            state=state, user_attrs=attributes, value=1.0 if state is TrialState.COMPLETE else None
        )
        trial.number = number
        made.append(trial)
    return made


def retry(of, attempt):
    return {RETRY_OF: of, ATTEMPT: attempt}


def test_a_retried_trial_keeps_its_place():
    places = places_of(trials((FAIL, {}), (COMPLETE, {}), (RUNNING, retry(0, 1))), 5)
    assert [(place.number, place.state, len(place.attempts)) for place in places] == [
        (0, "running", 2),
        (1, "complete", 1),
    ]
    assert place_of(2, places).number == 0
    assert place_of(0, places) is None


def test_what_came_too_late_has_no_place():
    places = places_of(trials((COMPLETE, {}), (COMPLETE, {}), (RUNNING, {}), (WAITING, retry(2, 1))), 2)
    assert len(places) == 2
    assert place_of(2, places) is None
    assert place_of(3, places) is None


def test_of_two_workers_that_revive_a_trial_at_once_one_has_its_place():
    places = places_of(trials((FAIL, {}), (RUNNING, retry(0, 1)), (WAITING, retry(0, 1))), 4)
    assert [trial.number for trial in places[0].attempts] == [0, 1]
    assert place_of(2, places) is None


def test_an_attempt_that_died_waits_for_another_until_it_has_killed_three():
    dead = [(FAIL, {}), *((FAIL, retry(0, n)) for n in range(1, MOST_DEATHS))]
    assert places_of(trials(*dead[:-1]), 1)[0].state == "waiting"
    place = places_of(trials(*dead), 1)[0]
    assert place.state == "failed"
    assert place.has_ended
    assert place.reason == "its process was ended from outside 3 times, as systems do when memory runs out"


def test_who_stops_a_search_kills_nothing():
    stopped = [(FAIL, {STOPPED: True}), *((FAIL, {**retry(0, n), STOPPED: True}) for n in range(1, 6))]
    place = places_of(trials(*stopped), 1)[0]
    assert (place.state, place.deaths) == ("waiting", 0)


@pytest.mark.parametrize("attributes", [{REASON: "the loss is not finite"}])
def test_a_trial_that_failed_by_itself_is_not_tried_again(attributes):
    place = places_of(trials((FAIL, attributes)), 1)[0]
    assert (place.state, place.is_lost, place.reason) == ("failed", False, "the loss is not finite")
