/** What Orbit Metrics calls a deal, a lead and a stage: documents of /v1/definitions. Applying them again changes nothing. */
export const definitions: Readonly<Record<string, object>> = {
  'goals/won': {
    name: 'Deal won',
    subject: 'account',
    when: { touch: { name: 'Deal Won' } },
    value: { property: 'amount' },
    currency: { property: 'currency' },
    count: 'first',
  },
  'goals/lost': { name: 'Deal lost', subject: 'account', when: { touch: { name: 'Deal Lost' } } },
  'goals/lead': {
    name: 'Demo requested',
    subject: 'account',
    when: { touch: { name: 'Demo Request Submitted' } },
  },
  'goals/opportunity': {
    name: 'Opportunity',
    subject: 'account',
    when: { touch: { name: 'Opportunity Created' } },
  },
  'stages/default': {
    name: 'From the first visit to the deal',
    subject: 'account',
    stages: [
      { id: 'discovery', name: 'Discovery', enter: { touch: { kind: 'visit' } } },
      { id: 'education', name: 'Education', enter: { touch: { name: '* Submitted' } }, silentAfter: '45d' },
      {
        id: 'conversion',
        name: 'Conversion',
        enter: { touch: { name: 'Opportunity Created' } },
        silentAfter: '60d',
      },
      { id: 'retention', name: 'Retention', enter: { touch: { name: 'Deal Won' } }, silentAfter: '90d' },
    ],
  },
  'personas/default': {
    name: 'Who buys',
    traits: ['title'],
    groups: {
      marketing: ['Head of Growth', 'VP Marketing', 'CMO', 'Marketing*'],
      finance: ['CFO', 'Head of Procurement'],
      technical: ['CTO', 'VP Engineering'],
    },
  },
}
