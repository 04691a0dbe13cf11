/** What the benchmark asks, with the definitions that it needs and how long each may take beside the scan. */

export const definitions: Readonly<Record<string, object>> = {
  'goals/won': { when: { touch: { name: 'Deal Won' } } },
  'stages/default': {
    stages: [
      { id: 'discovery', enter: { touch: { kind: 'visit' } } },
      { id: 'education', enter: { touch: { name: 'Demo Requested' } } },
      { id: 'conversion', enter: { touch: { name: 'Signed Up' } } },
      { id: 'retention', enter: { touch: { name: 'Deal Won' } } },
    ],
  },
  'segments/busy': {
    subject: 'account',
    when: {
      all: [
        { touch: { name: 'Demo Requested' }, count: { op: 'gte', n: 2 }, within: '180d' },
        { not: { touch: { name: 'Deal Won' } } },
      ],
    },
  },
}

export interface Question {
  what: string
  url: string
  body?: object
  /** Times the scan; undefined: SELECT 1 and 20 ms. */
  most: number | undefined
}

const rules = ['first', 'last', 'linear', 'u', 'w', 'full-path', 'time-decay', 'last-non-direct']
export const questions: readonly Question[] = [
  { what: 'accounts, by last touch', url: '/v1/accounts', most: 4 },
  { what: 'people, by touches in 30 days', url: '/v1/people?sort=touches30d', most: 4 },
  { what: 'accounts of a segment', url: '/v1/accounts?segment=busy', most: 4 },
  { what: 'channels by first touch', url: '/v1/paths?goal=won&depth=1&limit=20', most: 4 },
  ...rules.map((model) => ({
    what: `attribution, ${model}`,
    url: `/v1/attribution?goal=won&model=${model}`,
    most: 4,
  })),
  { what: 'attribution by campaign', url: '/v1/attribution?goal=won&by=campaign', most: 4 },
  { what: 'attribution, markov', url: '/v1/attribution?goal=won&model=markov', most: 8 },
  { what: 'stages with medians', url: '/v1/stages', most: 4 },
  { what: 'gaps over 60 days', url: '/v1/journeys/gaps?min=60d&limit=100', most: 4 },
  { what: 'gaps by stage', url: '/v1/journeys/gaps?open=true&limit=100', most: 4 },
  { what: 'journeys, won', url: '/v1/journeys/summary?goal=won', most: 4 },
  { what: 'journeys, open', url: '/v1/journeys/summary?goal=won&outcome=open', most: 4 },
  { what: 'top 20 paths', url: '/v1/paths?goal=won', most: 8 },
  {
    what: 'funnel of people',
    url: '/v1/funnels/query',
    body: {
      window: '14d',
      steps: [
        { name: 'Visit', touch: { kind: 'visit' } },
        { name: 'Demo', touch: { name: 'Demo Requested' } },
        { name: 'Signed up', touch: { name: 'Signed Up' } },
      ],
    },
    most: 8,
  },
  { what: 'lifecycle by month', url: '/v1/metrics/lifecycle?by=month', most: 8 },
  { what: 'one account’s stages', url: '/v1/accounts/account-7/stages', most: undefined },
]
