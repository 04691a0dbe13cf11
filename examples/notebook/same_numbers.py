"""The numbers of the demo by SQL, as the read-only user, beside what HTTP answers.

    pip install clickhouse-connect
    npm run demo
    TOUCHLINE=http://127.0.0.1:8484 SECRET_KEY=sk_… \
    CLICKHOUSE=http://127.0.0.1:8123 CLICKHOUSE_USER=analyst CLICKHOUSE_PASSWORD=… \
    python examples/notebook/same_numbers.py

Prints a line a number and ends with 1 where two differ.
"""

import base64
import json
import math
import os
import sys
import time
import urllib.parse
import urllib.request

import clickhouse_connect

PROJECT = os.environ.get("PROJECT", "demo")
SERVER = os.environ.get("TOUCHLINE", "http://127.0.0.1:8484")
RULES = ["first", "last", "last-non-direct", "linear", "linear-channels", "equal-split", "u", "time-decay"]
different = []


def connect():
    at = urllib.parse.urlparse(os.environ["CLICKHOUSE"])
    return clickhouse_connect.get_client(
        host=at.hostname,
        port=at.port,
        username=os.environ.get("CLICKHOUSE_USER", "analyst"),
        password=os.environ["CLICKHOUSE_PASSWORD"],
        database="touchline",
    )


def http(path, **asked):
    url = f"{SERVER}{path}?{urllib.parse.urlencode(asked)}"
    key = base64.b64encode(f"{os.environ['SECRET_KEY']}:".encode()).decode()
    request = urllib.request.Request(url, headers={"authorization": f"Basic {key}"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def rows(client, sql, **parameters):
    # The parameters of a view can hold none of ClickHouse's own, so names of this file go into the text.
    return list(client.query(sql, parameters=parameters).named_results())


def compare(what, by_http, by_sql):
    same = by_http == by_sql
    if isinstance(by_http, float) or isinstance(by_sql, float):
        same = math.isclose(by_http, by_sql, rel_tol=1e-9, abs_tol=1e-6)
    print(f"{'same     ' if same else 'DIFFERENT'}  {what}: {by_http}" + ("" if same else f" over HTTP, {by_sql} in SQL"))
    if not same:
        different.append(what)


def compare_attribution(client, model, view, **asked):
    answer = http("/v1/attribution", goal="won", model=model, **asked)
    told = {row["key"]: row for row in answer["rows"]}
    if answer["unattributed"]["conversions"] > 0:
        told["Unattributed"] = answer["unattributed"]
    found = {}
    for row in rows(client, f"SELECT channel, currency, conversions, value FROM {view}"):
        of = found.setdefault(row["channel"], {"conversions": 0.0, "EUR": 0.0})
        of["conversions"] += row["conversions"]
        if row["currency"] == "EUR":
            of["EUR"] += row["value"]
    compare(f"{model}: channels", sorted(told), sorted(found))
    for channel in sorted(set(told) & set(found)):
        euros = sum(part["amount"] for part in told[channel]["value"] if part["currency"] == "EUR")
        compare(f"{model}: conversions of {channel}", float(told[channel]["conversions"]), found[channel]["conversions"])
        # HTTP shares a value in millionths; a view divides it.
        compare(f"{model}: EUR of {channel}", round(euros, 3), round(found[channel]["EUR"], 3))


def compare_attributions(client):
    of = f"project = '{PROJECT}', goal = 'won', lookback_days = 90"
    for model in RULES:
        compare_attribution(client, model, f"attribution({of}, model = '{model}')")
    for model in ["w", "full-path"]:
        view = f"attribution_by_milestones({of}, lead = 'lead', opportunity = 'opportunity', model = '{model}')"
        compare_attribution(client, model, view, milestones="lc:lead,oc:opportunity")
    markov = http("/v1/attribution", goal="won", model="markov")
    view = f"channel_transitions(project = '{PROJECT}', goal = 'won', lookback_days = 90)"
    [ends] = rows(
        client,
        f"SELECT sumIf(transitions, to_channel = '(null)') AS lost, sumIf(transitions, to_channel = '(conversion)') AS won FROM {view}",
    )
    attributed = markov["total"]["conversions"] - markov["unattributed"]["conversions"]
    compare("markov: paths that convert", attributed, ends["won"])
    compare("markov: paths that do not", markov["notConverting"], ends["lost"])


def compare_journeys(client):
    summary = http("/v1/journeys/summary", goal="won", outcome="won")
    [won] = rows(
        client,
        f"""SELECT count() AS n, avg(touches) AS touches, avg(channels) AS channels, avg(people) AS people,
                   avg(days) AS days, quantileExactInclusive(0.9)(longest_gap_days) AS gap
            FROM journeys WHERE project = '{PROJECT}' AND goal = 'won'""",
    )
    compare("won journeys", summary["n"], won["n"])
    for name in ["touches", "channels", "people", "days"]:
        compare(f"won journeys: mean {name}", float(summary[name]["mean"]), float(won[name]))
    compare("won journeys: longest gap, 90 %", float(summary["longestGapDays"]["p90"]), float(won["gap"]))
    for direction in ["any", "inbound"]:
        gaps = http("/v1/journeys/gaps", min="30d", direction=direction, open="false", limit=1)
        [found] = rows(
            client,
            f"""SELECT count() AS n FROM silent_gaps
                WHERE project = '{PROJECT}' AND direction = '{direction}' AND NOT is_open AND days > 30""",
        )
        compare(f"silent gaps over 30 days, {direction}", gaps["total"], found["n"])


def compare_stages(client):
    # They are worked out every few seconds; `as_of` says as of when.
    entries = f"SELECT count() AS n FROM stage_entries WHERE project = '{PROJECT}' AND list = 'default'"
    for _ in range(120):
        if rows(client, entries)[0]["n"] > 0:
            break
        time.sleep(1)
    stages = http("/v1/stages", subject="account")["stages"]
    found = {
        row["furthest"]: row["n"]
        for row in rows(
            client,
            f"""SELECT furthest, count() AS n FROM (
                  SELECT subject, max(place) AS furthest FROM stage_entries
                  WHERE project = '{PROJECT}' AND list = 'default' AND subject_kind = 'account' GROUP BY subject)
                GROUP BY furthest""",
        )
    }
    current = {
        row["stage"]: row["n"]
        for row in rows(client, f"SELECT stage, count() AS n FROM accounts WHERE project = '{PROJECT}' AND stage IS NOT NULL GROUP BY stage")
    }
    for place, stage in enumerate(stages, start=1):
        compare(f"{stage['id']}: reached", stage["reached"], sum(n for at, n in found.items() if at >= place))
        compare(f"{stage['id']}: are in it", stage["current"], current.get(stage["id"], 0))


def compare_channels(client):
    paths = http("/v1/paths", goal="won", depth=1, limit=100)["paths"]
    found = rows(
        client,
        f"SELECT channel, accounts, converted FROM channel_performance WHERE project = '{PROJECT}' AND goal = 'won'",
    )
    told = {path["steps"][0]: (path["subjects"], path["converted"]) for path in paths}
    compare("channels by first touch", dict(sorted(told.items())), {row["channel"]: (row["accounts"], row["converted"]) for row in sorted(found, key=lambda row: row["channel"])})


def main():
    client = connect()
    compare_attributions(client)
    compare_journeys(client)
    compare_stages(client)
    compare_channels(client)
    print(f"\n{len(different)} different" if different else "\nAll the same.")
    sys.exit(1 if different else 0)


main()
