/** Pipedrive: deals and activities, as its lists are exported. */
import { readyMap, type MapText, type ReadyMap } from './ready-map.js'

const named = (group: string, ...names: string[]) => names.flatMap((name) => [`${group} - ${name}`, name])
const formats = ['yyyy-MM-dd HH:mm:ss', 'yyyy-MM-dd HH:mm', 'yyyy-MM-dd', 'iso']
const at = (...column: string[]) => ({ column, format: formats })
const email = [
  'Person - Email - Work',
  'Person - Email',
  'Deal - Contact person email',
  'Person - Email - Home',
]
const account = {
  column: [
    'Deal - Organization ID',
    'Organization - ID',
    'Deal - Organization',
    'Activity - Organization',
    'Organization',
  ],
  prefix: 'pipedrive:organization:',
}
const deal = {
  as: 'touch',
  kind: 'crm',
  channel: { constant: 'Sales' },
  email,
  account,
  anonymousId: { first: [account, { column: named('Deal', 'ID'), prefix: 'pipedrive:deal:' }] },
  value: named('Deal', 'Value'),
  currency: named('Deal', 'Currency', 'Currency of Value'),
  properties: {
    dealId: named('Deal', 'ID'),
    deal: named('Deal', 'Title'),
    stage: named('Deal', 'Stage'),
    pipeline: named('Deal', 'Pipeline'),
    owner: named('Deal', 'Owner'),
  },
} as const
const status = (value: string) => [{ column: named('Deal', 'Status'), value }]

const deals: MapText = {
  name: 'Pipedrive deals',
  source: 'pipedrive',
  key: 'Deal - ID',
  rows: [
    {
      ...deal,
      id: 'created',
      at: at(...named('Deal', 'Deal created', 'Add time')),
      name: { constant: 'Deal Created' },
    },
    {
      ...{ ...deal, id: 'stage', when: [{ column: named('Deal', 'Last stage change'), op: 'filled' }] },
      at: at(...named('Deal', 'Last stage change')),
      name: { first: [{ text: 'Deal Stage: {Deal - Stage}' }, { text: 'Deal Stage: {Stage}' }] },
    },
    {
      ...deal,
      id: 'won',
      when: status('Won'),
      at: at(...named('Deal', 'Won time', 'Deal closed on')),
      name: { constant: 'Deal Won' },
    },
    {
      ...deal,
      id: 'lost',
      when: status('Lost'),
      at: at(...named('Deal', 'Lost time', 'Deal closed on')),
      name: { constant: 'Deal Lost' },
    },
  ],
}

const activities: MapText = {
  name: 'Pipedrive activities',
  source: 'pipedrive',
  key: 'Activity - ID',
  when: [{ column: named('Activity', 'Done', 'Status'), op: 'in', value: ['Done', 'yes', 'true', '1', ''] }],
  rows: [
    {
      ...{ as: 'touch', id: 'activity', kind: 'crm', email, account, anonymousId: account },
      at: at(...named('Activity', 'Marked as done time', 'Due date', 'Add time')),
      name: { first: [named('Activity', 'Subject'), named('Activity', 'Type')] },
      channel: {
        column: named('Activity', 'Type'),
        values: { call: 'Phone', meeting: 'Meeting', email: 'Email', lunch: 'Meeting' },
        otherwise: 'Sales',
      },
      properties: { type: named('Activity', 'Type'), deal: named('Activity', 'Deal') },
    },
  ],
}

export const pipedriveMaps: readonly ReadyMap[] = [
  readyMap('pipedrive-deals', 'Pipedrive: the list of deals, exported as CSV', deals),
  readyMap('pipedrive-activities', 'Pipedrive: the list of activities, exported as CSV', activities),
]
