"""Reads expositions with prometheus_client's parsers: a JSON array [format, text] a line in, a JSON object a line out."""

import json
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as text

PARSERS = {"open_metrics": open_metrics, "text": text}


def shown(sample):
    exemplar = sample.exemplar
    if exemplar is not None:
        exemplar = [exemplar.labels, repr(float(exemplar.value))]
    return [sample.name, sample.labels, repr(float(sample.value)), exemplar]


for line in sys.stdin:
    name, exposition = json.loads(line)
    try:
        samples = [shown(sample) for family in PARSERS[name](exposition) for sample in family.samples]
        answer = {"samples": samples}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
