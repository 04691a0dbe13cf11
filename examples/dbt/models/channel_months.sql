select
    toStartOfMonth(at) as month,
    channel,
    countIf(kind = 'visit') as visits,
    uniqExact(person) as people,
    uniqExactArray(accounts) as accounts
from {{ source('touchline', 'touchpoints') }}
where project = '{{ var("project") }}' and channel != ''
group by month, channel
