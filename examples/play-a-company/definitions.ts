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
  'scores/lead': {
    name: 'Lead score',
    subject: 'person',
    on: 60,
    off: 40,
    groups: { behaviour: { cap: 100 } },
    rules: [
      {
        id: 'demo',
        when: { touch: { name: 'Demo Request Submitted' } },
        points: 40,
        halfLife: '90d',
        cap: 60,
      },
      { id: 'webinar', when: { touch: { name: 'Webinar Attended' } }, points: 15, halfLife: '90d' },
      {
        id: 'pricing',
        when: { touch: { kind: 'visit', page: '*/pricing*' } },
        points: 10,
        halfLife: '60d',
        cap: 30,
      },
      { id: 'visits', when: { touch: { kind: 'visit' } }, points: 4, halfLife: '30d', cap: 20 },
      { id: 'careers', when: { touch: { page: '*/careers*' } }, points: -10, floor: -30 },
      { id: 'silent', when: { silentFor: '60d', direction: 'inbound' }, points: -15 },
      { id: 'size', group: 'fit', when: { accountTrait: 'employees', op: 'gte', value: 200 }, points: 20 },
      {
        id: 'title',
        group: 'fit',
        when: { trait: 'title', op: 'in', value: ['Head of Growth', 'VP Marketing', 'CMO'] },
        points: 15,
      },
    ],
  },
  'segments/silent-after-demo': {
    name: 'Gone silent after a demo',
    subject: 'person',
    when: {
      all: [{ touch: { name: 'Demo Request Submitted' } }, { silentFor: '30d', direction: 'inbound' }],
    },
  },
  'touch-rules/default': {
    name: 'Which stage a page is for',
    rules: [
      { touch: { page: '/pricing*' }, stage: 'conversion' },
      { touch: { page: '/compare/*' }, stage: 'education' },
      { touch: { page: '/blog/*' }, stage: 'discovery' },
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
