"""Maps for files of other tools' results: a small one of our own, and those of the two public series."""

from __future__ import annotations

SMALL_MAP = """
name = "old-tool"
tool = "Old Tool"
smallest_group = 5
[columns]
unit = "Unit"
date = "Day"
[[measure]]
code = "strain"
name = "Feels strained"
kind = "percent"
lower_is_better = true
value = "Strain"
n = "Answers"
"""

LONG_MAP = """
name = "old-tool"
tool = "Old Tool"
smallest_group = 5
[columns]
unit = "unit"
date = "day"
measure = "scale"
value = "mean"
n = "n"
[[measure]]
code = "energy"
kind = "mean"
low = 1
high = 7
label = "Energy"
[[measure]]
code = "clarity"
kind = "mean"
low = 1
high = 7
"""

NHS_FILE = "nhs_staff_survey_trusts_2021_2024.csv"
NHS_MAP = """
name = "nhs-staff-survey"
tool = "NHS Staff Survey"
smallest_group = 11
[columns]
unit = "ods_code"
year = "year"
day = "10-15"
""" + "".join(
    f"""
[[measure]]
code = "{code}"
name = "{name}"
kind = "percent"
lower_is_better = {lower}
value = "{code}_rate"
n = "{code}_base"
"""
    for code, name, lower in (
        ("burned_out", "Often or always burnt out because of work", "true"),
        ("stress", "Unwell from work stress", "true"),
        ("enough_staff", "Enough staff to do the job properly", "false"),
    )
)

CSPS_FILE = "csps_organisation_scores_2009_2024.csv"
CSPS_MAP = """
name = "people-survey"
tool = "Civil Service People Survey"
smallest_group = 10
leave_out = ["CSBNCH"]
[columns]
unit = "uid"
year = "year"
day = "10-01"
[[measure]]
code = "engagement"
name = "Engagement index"
kind = "mean"
low = 0
high = 100
value = "engagement_index"
[[measure]]
code = "workload"
name = "Resources and workload"
kind = "percent"
value = "resources_workload"
"""
CSPS_DECLARED = """
[declared]
by = "Cabinet Office"
because = "It publishes no result of fewer than ten people."
least = 10
"""
