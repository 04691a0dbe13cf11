select
    account,
    began,
    ended,
    touches,
    channels,
    people,
    days,
    longest_gap_days,
    value,
    currency
from {{ source('touchline', 'journeys') }}
where project = '{{ var("project") }}' and goal = '{{ var("goal") }}'
