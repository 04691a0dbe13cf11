/**
 * HubSpot. Records that name each other by id find each other: a contact is also known as `hubspot:contact:1`, a company is
 * the account `hubspot:company:1`, with its domain, so that people of that domain are its own. What has no person stands
 * under the company's own placeholder.
 */
import { readyMap, type MapText, type ReadyMap } from './ready-map.js'

const formats = ['yyyy-MM-dd HH:mm', 'yyyy-MM-dd HH:mm:ss', 'yyyy-MM-dd', 'iso', 'unix']
const at = (...column: string[]) => ({ column, format: formats })
const idOf = (name: string) => ['Record ID', `Record ID - ${name}`, `${name} ID`]
const first = { split: ';' } as const
const contactIds = ['Associated Contact IDs', 'Associated Contact ID', 'Primary Associated Contact ID']
const companyIds = ['Associated Company IDs', 'Associated Company ID', 'Primary Associated Company ID']
const contact = { column: contactIds, ...first, prefix: 'hubspot:contact:' }
const company = { column: companyIds, ...first, prefix: 'hubspot:company:' }
const filled = (column: string[]) => ({ column, op: 'filled' as const })
const someone = (id: string) => ({
  first: [contact, company, { column: idOf(id), prefix: `hubspot:${id.toLowerCase()}:` }],
})

const contacts: MapText = {
  name: 'HubSpot contacts',
  source: 'hubspot',
  key: 'Record ID',
  rows: [
    {
      ...{ as: 'identify', id: 'contact' },
      email: ['Email', 'Email Address'],
      anonymousId: { column: idOf('Contact'), prefix: 'hubspot:contact:' },
      at: at('Create Date'),
      traits: {
        firstName: 'First Name',
        lastName: 'Last Name',
        phone: 'Phone Number',
        title: 'Job Title',
        company: ['Company Name', 'Associated Company'],
        lifecycleStage: 'Lifecycle Stage',
        leadStatus: 'Lead Status',
        owner: 'Contact owner',
        country: 'Country/Region',
      },
    },
    {
      ...{ as: 'group', id: 'company', when: [filled(companyIds)] },
      email: ['Email', 'Email Address'],
      anonymousId: { column: idOf('Contact'), prefix: 'hubspot:contact:' },
      account: company,
      at: at('Create Date'),
    },
    {
      ...{ as: 'touch', id: 'stage', kind: 'crm', channel: { constant: 'Sales' } },
      email: ['Email', 'Email Address'],
      anonymousId: { column: idOf('Contact'), prefix: 'hubspot:contact:' },
      eachColumn: '^Became an? (.+) Date$',
      at: at('*'),
      name: { constant: 'Became *' },
    },
  ],
}

const companies: MapText = {
  name: 'HubSpot companies',
  source: 'hubspot',
  key: 'Record ID',
  rows: [
    {
      ...{ as: 'group', id: 'company' },
      anonymousId: { column: idOf('Company'), prefix: 'hubspot:company:' },
      account: { column: idOf('Company'), prefix: 'hubspot:company:' },
      at: at('Create Date'),
      traits: {
        name: ['Company name', 'Name'],
        domain: {
          column: ['Company Domain Name', 'Website URL'],
          pattern: '^(?:https?://)?(?:www\\.)?([^/\\s]+)',
        },
        industry: 'Industry',
        employees: 'Number of Employees',
        revenue: 'Annual Revenue',
        country: 'Country/Region',
        city: 'City',
        lifecycleStage: 'Lifecycle Stage',
        owner: 'Company owner',
      },
    },
  ],
}

const deal = {
  as: 'touch',
  kind: 'crm',
  channel: { constant: 'Sales' },
  anonymousId: someone('Deal'),
  account: company,
  properties: {
    dealId: idOf('Deal'),
    deal: 'Deal Name',
    stage: 'Deal Stage',
    pipeline: 'Pipeline',
    owner: 'Deal owner',
  },
} as const
const amount = {
  value: ['Amount', 'Amount in company currency'],
  currency: ['Currency', 'Deal currency code'],
}

const deals: MapText = {
  name: 'HubSpot deals',
  source: 'hubspot',
  key: 'Record ID',
  rows: [
    { ...deal, ...amount, id: 'created', at: at('Create Date'), name: { constant: 'Deal Created' } },
    {
      ...{ ...deal, id: 'entered' },
      eachColumn: '^Date entered "?(.+?)(?: \\([^)]*\\))?"?$',
      at: at('*'),
      name: { constant: 'Deal Stage: *' },
    },
    {
      ...{ ...deal, ...amount, id: 'won' },
      when: [{ column: 'Deal Stage', op: 'matches', value: '^(closed ?won|won)\\b' }],
      at: at('Close Date'),
      name: { constant: 'Deal Won' },
    },
    {
      ...{ ...deal, ...amount, id: 'lost' },
      when: [{ column: 'Deal Stage', op: 'matches', value: '^(closed ?lost|lost)\\b' }],
      at: at('Close Date'),
      name: { constant: 'Deal Lost' },
    },
  ],
}

const title = ['Subject', 'Call Title', 'Meeting name', 'Email subject', 'Task Title']
const activities: MapText = {
  name: 'HubSpot activities',
  source: 'hubspot',
  key: 'Record ID',
  rows: [
    {
      ...{ as: 'touch', id: 'activity', kind: 'crm' },
      email: ['Email', 'Contact email', 'Associated Contact Email'],
      anonymousId: { first: [contact, company] },
      account: company,
      at: at('Activity date', 'Create date'),
      // By its title, so that a meeting that another tool tells too is one with it.
      name: { first: [title, 'Activity type', 'Type'] },
      channel: {
        column: ['Activity type', 'Type'],
        values: {
          call: 'Phone',
          meeting: 'Meeting',
          email: 'Email',
          incoming_email: 'Email',
          task: 'Sales',
          note: 'Sales',
        },
        otherwise: 'Sales',
      },
      properties: {
        type: ['Activity type', 'Type'],
        outcome: ['Call outcome', 'Meeting outcome'],
        owner: 'Activity assigned to',
      },
    },
  ],
}

export const hubspotMaps: readonly ReadyMap[] = [
  readyMap('hubspot-contacts', 'HubSpot: contacts with all properties, as CSV', contacts),
  readyMap('hubspot-companies', 'HubSpot: companies with all properties, as CSV', companies),
  readyMap('hubspot-deals', 'HubSpot: deals with all properties and associated records, as CSV', deals),
  readyMap(
    'hubspot-activities',
    'HubSpot: activities (calls, meetings, emails, notes, tasks), as CSV',
    activities,
  ),
]
