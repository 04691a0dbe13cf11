/** What templates of businesses with sales share: a lead score with its negatives, and who went silent after a demo. */
import type { TemplateEntry } from './template.js'

export const leadScore: TemplateEntry = {
  kind: 'scores',
  id: 'lead',
  body: {
    name: 'Lead score',
    subject: 'person',
    on: 60,
    off: 45,
    groups: { behaviour: { cap: 100 } },
    rules: [
      { id: 'demo', when: { touch: { name: 'Demo Requested' } }, points: 40, halfLife: '60d', cap: 60 },
      {
        id: 'pricing',
        when: { touch: { kind: 'visit', page: '*/pricing*' } },
        points: 10,
        halfLife: '30d',
        cap: 30,
      },
      { id: 'visits', when: { touch: { kind: 'visit' } }, points: 3, halfLife: '14d', cap: 20 },
      // Who looks for a job buys nothing.
      { id: 'careers', when: { touch: { page: '*/careers*' } }, points: -10, floor: -30 },
      { id: 'silent', when: { silentFor: '30d', direction: 'inbound' }, points: -15 },
      {
        id: 'size',
        group: 'fit',
        when: { accountTrait: 'employees', op: 'gte', value: 200 },
        points: 20,
      },
    ],
  },
}

export const silentAfterDemo: TemplateEntry = {
  kind: 'segments',
  id: 'silent-after-demo',
  body: {
    name: 'Gone silent after a demo',
    subject: 'person',
    when: {
      all: [
        { touch: { name: 'Demo Requested' }, within: '180d' },
        { silentFor: '14d', direction: 'inbound' },
      ],
    },
  },
}
