with first_touches as (
    select
        arrayJoin(accounts) as account,
        argMin(channel, at) as first_channel,
        min(at) as first_at
    from {{ source('touchline', 'touchpoints') }}
    where project = '{{ var("project") }}'
    group by account
),

staged as (
    select account, stage
    from {{ source('touchline', 'accounts') }}
    where project = '{{ var("project") }}'
),

won as (
    select account
    from {{ ref('won_journeys') }}
)

select
    gaps.account as account,
    round(gaps.days) as silent_days,
    staged.stage as stage,
    first_touches.first_channel as first_channel,
    first_touches.first_at as first_at
from {{ source('touchline', 'silent_gaps') }} as gaps
left join staged on staged.account = gaps.account
left join first_touches on first_touches.account = gaps.account
where
    gaps.project = '{{ var("project") }}'
    and gaps.direction = 'inbound'
    and gaps.is_open
    and gaps.days > 30
    and gaps.account not in (select account from won)
