/** Salesforce: what Data Loader and the export service write. Ids are the account-wide ones, by their first 15 characters. */
import { readyMap, type MapText, type ReadyMap } from './ready-map.js'

const id = (...column: string[]) => ({ column, pattern: '^\\w{15}', prefix: 'salesforce:' })
const sales = { kind: 'crm', channel: { constant: 'Sales' } } as const
const currency = ['CurrencyIsoCode', 'Amount Currency']

const leads: MapText = {
  name: 'Salesforce leads',
  source: 'salesforce',
  key: ['Id', 'Lead ID'],
  rows: [
    {
      ...{
        as: 'identify',
        id: 'lead',
        email: 'Email',
        anonymousId: id('Id', 'Lead ID'),
        at: ['CreatedDate', 'Create Date'],
      },
      traits: {
        firstName: 'FirstName',
        lastName: 'LastName',
        title: 'Title',
        company: ['Company', 'Company / Account'],
        phone: 'Phone',
        industry: 'Industry',
        country: 'Country',
        leadSource: 'LeadSource',
        leadStatus: ['Status', 'Lead Status'],
        rating: 'Rating',
      },
    },
    {
      ...{ as: 'touch', id: 'created', ...sales, email: 'Email', anonymousId: id('Id', 'Lead ID') },
      at: ['CreatedDate', 'Create Date'],
      name: { constant: 'Lead Created' },
      properties: { leadSource: 'LeadSource', status: 'Status' },
    },
    {
      ...{ as: 'group', id: 'account', when: [{ column: 'ConvertedAccountId', op: 'filled' }] },
      ...{
        email: 'Email',
        anonymousId: id('Id', 'Lead ID'),
        account: id('ConvertedAccountId'),
        at: ['ConvertedDate'],
      },
    },
    {
      ...{ as: 'touch', id: 'converted', ...sales, email: 'Email', anonymousId: id('Id', 'Lead ID') },
      when: [{ column: 'ConvertedDate', op: 'filled' }],
      account: id('ConvertedAccountId'),
      at: ['ConvertedDate'],
      name: { constant: 'Lead Converted' },
    },
  ],
}

const opportunity = {
  as: 'touch',
  ...sales,
  anonymousId: id('ContactId', 'Contact ID', 'Id', 'Opportunity ID'),
  account: id('AccountId', 'Account ID'),
  currency,
  properties: {
    dealId: ['Id', 'Opportunity ID'],
    deal: ['Name', 'Opportunity Name'],
    stage: ['StageName', 'Stage'],
    type: 'Type',
    leadSource: 'LeadSource',
  },
} as const
const closed = (isWon: boolean) => [
  { column: ['IsClosed', 'Closed'], op: 'in' as const, value: ['true', '1'] },
  { column: ['IsWon', 'Won'], op: isWon ? ('in' as const) : ('notIn' as const), value: ['true', '1'] },
]

const opportunities: MapText = {
  name: 'Salesforce opportunities',
  source: 'salesforce',
  key: ['Id', 'Opportunity ID'],
  rows: [
    {
      ...opportunity,
      id: 'created',
      at: ['CreatedDate', 'Created Date'],
      name: { constant: 'Deal Created' },
    },
    {
      ...{ ...opportunity, id: 'won', when: closed(true), value: 'Amount' },
      at: { column: ['CloseDate', 'Close Date'], noon: true },
      name: { constant: 'Deal Won' },
    },
    {
      ...{ ...opportunity, id: 'lost', when: closed(false), value: 'Amount' },
      at: { column: ['CloseDate', 'Close Date'], noon: true },
      name: { constant: 'Deal Lost' },
    },
    {
      // The history of stages names the opportunity alone: by this it finds the account.
      ...{ as: 'group', id: 'account', when: [{ column: ['AccountId', 'Account ID'], op: 'filled' }] },
      anonymousId: id('Id', 'Opportunity ID'),
      account: id('AccountId', 'Account ID'),
      at: ['CreatedDate', 'Created Date'],
    },
  ],
}

const history: MapText = {
  name: 'Salesforce opportunity history',
  source: 'salesforce',
  key: 'Id',
  rows: [
    {
      ...{ as: 'touch', id: 'stage', ...sales },
      anonymousId: id('Opportunity.ContactId', 'OpportunityId'),
      account: id('Opportunity.AccountId'),
      at: 'CreatedDate',
      name: { text: 'Deal Stage: {StageName}' },
      properties: {
        dealId: 'OpportunityId',
        stage: 'StageName',
        probability: 'Probability',
        amount: 'Amount',
      },
    },
  ],
}

const members: MapText = {
  name: 'Salesforce campaign members',
  source: 'salesforce',
  key: ['Id', 'Member ID'],
  rows: [
    {
      ...{
        as: 'touch',
        id: 'member',
        kind: 'offline',
        channel: { constant: 'Campaign' },
        direction: 'inbound',
      },
      email: 'Email',
      anonymousId: id('ContactId', 'LeadId'),
      at: ['FirstRespondedDate', 'CreatedDate'],
      name: {
        first: [
          { text: '{Campaign.Name}: {Status}' },
          { text: '{Campaign Name}: {Status}' },
          { text: 'Campaign: {Status}' },
        ],
      },
      campaign: { name: ['Campaign.Name', 'Campaign Name', 'CampaignId'] },
      properties: { status: 'Status', hasResponded: 'HasResponded' },
    },
  ],
}

const tasks: MapText = {
  name: 'Salesforce tasks',
  source: 'salesforce',
  key: ['Id', 'Activity ID'],
  when: [{ column: 'Status', op: 'in', value: ['Completed', ''] }],
  rows: [
    {
      ...{ as: 'touch', id: 'task', kind: 'crm' },
      email: ['Who.Email', 'Email'],
      anonymousId: id('WhoId', 'WhatId', 'AccountId'),
      account: id('AccountId'),
      at: { column: ['CompletedDateTime', 'ActivityDate', 'CreatedDate'], noon: true },
      name: { first: ['Subject', { constant: 'Task' }] },
      channel: {
        column: ['TaskSubtype', 'Type'],
        values: { call: 'Phone', email: 'Email', meeting: 'Meeting' },
        otherwise: 'Sales',
      },
      properties: { type: ['TaskSubtype', 'Type'], callType: 'CallType' },
    },
  ],
}

export const salesforceMaps: readonly ReadyMap[] = [
  readyMap('salesforce-leads', 'Salesforce: Lead.csv of Data Loader or the export service', leads),
  readyMap('salesforce-opportunities', 'Salesforce: Opportunity.csv', opportunities),
  readyMap(
    'salesforce-opportunity-history',
    'Salesforce: OpportunityHistory.csv, every change of a stage',
    history,
  ),
  readyMap('salesforce-campaign-members', 'Salesforce: CampaignMember.csv', members),
  readyMap('salesforce-tasks', 'Salesforce: Task.csv', tasks),
]
