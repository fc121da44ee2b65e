"""Published data that several tests reproduce, and samples of known composition."""

import numpy as np
import pytest

from volest.evaluation.sample import Sample

# Cardiac output (L/min) by radionuclide ventriculography and impedance cardiography, 60 pairs of 12 subjects:
# Bland & Altman 1999, Statistical Methods in Medical Research 8:135, table 4 (data of L. S. Bowling).
CARDIAC_OUTPUT = """
1 7.83 6.57 7.42 5.62 7.89 6.90 7.12 6.57 7.88 6.35
2 6.16 4.06 7.26 4.29 6.71 4.26 6.54 4.09
3 4.75 4.71 5.24 5.50 4.86 5.08 4.78 5.02 6.05 6.01 5.42 5.67
4 4.21 4.14 3.61 4.20 3.72 4.61 3.87 4.68 3.92 5.04
5 3.13 3.03 2.98 2.86 2.85 2.77 3.17 2.46 3.09 2.32 3.12 2.43
6 5.92 5.90 6.42 5.81 5.92 5.70 6.27 5.76
7 7.13 5.09 6.62 4.63 6.58 4.61 6.93 5.09
8 4.54 4.72 4.81 4.61 5.11 4.36 5.29 4.20 5.39 4.36 5.57 4.20
9 4.48 3.17 4.92 3.12 3.97 2.96
10 4.22 4.35 4.65 4.62 4.74 3.16 4.44 3.53 4.50 3.53
11 6.78 7.20 6.07 6.09 6.52 7.00 6.42 7.10 6.41 7.40 5.76 6.80
12 5.06 4.50 4.72 4.20 4.90 3.80 4.80 3.80 4.90 4.20 5.10 4.50
"""

# Peak expiratory flow rate (L/min) of 17 subjects, twice by each of two meters: Bland & Altman 1986, Lancet i:307,
# table 1. Columns: Wright first, second; mini Wright first, second.
PEAK_FLOW = """
494 490 512 525
395 397 430 415
516 512 520 508
434 401 428 444
476 470 500 500
557 611 600 625
413 415 364 460
442 431 380 390
650 638 658 642
433 429 445 432
417 420 432 420
656 633 626 605
267 275 260 227
478 492 477 467
178 165 259 268
423 372 350 370
427 421 451 443
"""


def sample_of(predicted_ml, reference_ml, patient_ids=None):
    n = len(predicted_ml)
    patients = [f"p{k}" for k in range(n)] if patient_ids is None else [str(patient) for patient in patient_ids]
    ids = tuple(f"s{k}" for k in range(n))
    return Sample(ids, tuple(patients), np.asarray(predicted_ml, dtype=float), np.asarray(reference_ml, dtype=float))


@pytest.fixture(name="sample_of")
def sample_of_fixture():
    return sample_of


@pytest.fixture
def cardiac_output():
    rows = [line.split() for line in CARDIAC_OUTPUT.strip().splitlines()]
    pairs = [(row[0], float(row[n]), float(row[n + 1])) for row in rows for n in range(1, len(row), 2)]
    subjects, rv, ic = zip(*pairs, strict=True)
    return sample_of(rv, ic, subjects)


@pytest.fixture
def peak_flow():
    """Columns: Wright first, second; mini Wright first, second."""
    return np.array([[float(cell) for cell in line.split()] for line in PEAK_FLOW.strip().splitlines()])


@pytest.fixture
def study():
    """60 patients with 1 to 5 scans; errors that belong to the patient and errors that belong to the scan."""
    rng = np.random.default_rng(0)
    scans = rng.integers(1, 6, size=60)
    patients = np.repeat(np.arange(60), scans)
    reference_ml = rng.uniform(20, 150, size=60)[patients] + rng.normal(0, 5, size=len(patients))
    bias = rng.normal(3, 6, size=60)[patients]
    return sample_of(reference_ml + bias + rng.normal(0, 3, size=len(patients)), reference_ml, patients)


@pytest.fixture
def single_scans():
    """80 patients with one scan each."""
    rng = np.random.default_rng(1)
    reference_ml = np.round(rng.uniform(20, 150, size=80))  # ties among the ranks
    return sample_of(np.round(reference_ml * rng.lognormal(0.05, 0.15, size=80)), reference_ml)
