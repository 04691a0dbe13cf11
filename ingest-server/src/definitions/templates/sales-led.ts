import { leadScore, silentAfterDemo } from './engagement.js'
import type { Template } from './template.js'

/** Accounts that sales speak with until a deal closes. */
export const salesLed: Template = {
  id: 'sales-led',
  name: 'Sales with deals',
  about:
    'Accounts are won by people in talks. Expects the events Demo Requested, Lead Created, Opportunity Created, Deal Won, Deal Lost (as a CRM sends them, with amount and currency), Referral Given.',
  definitions: [
    {
      kind: 'stages',
      id: 'default',
      body: {
        name: 'From discovery to advocacy',
        subject: 'account',
        stages: [
          { id: 'discovery', name: 'Discovery', enter: { touch: { direction: 'inbound' } } },
          {
            id: 'education',
            name: 'Education',
            enter: {
              any: [
                { touch: { kind: 'visit' }, count: { op: 'gte', n: 3 }, within: '30d' },
                { touch: { name: 'Demo Requested' } },
                { people: { op: 'gte', n: 2 } },
              ],
            },
          },
          {
            id: 'conversion',
            name: 'Conversion',
            enter: { touch: { name: 'Opportunity Created' } },
            silentAfter: '21d',
          },
          {
            id: 'retention',
            name: 'Retention',
            enter: { touch: { name: 'Deal Won' } },
            silentAfter: '90d',
          },
          {
            id: 'advocacy',
            name: 'Advocacy',
            enter: { touch: { name: 'Referral Given' } },
            silentAfter: '180d',
          },
        ],
      },
    },
    {
      kind: 'goals',
      id: 'lead',
      body: {
        name: 'Lead created',
        subject: 'account',
        when: { touch: { name: 'Lead Created' } },
        count: 'first',
      },
    },
    {
      kind: 'goals',
      id: 'opportunity',
      body: {
        name: 'Opportunity created',
        subject: 'account',
        when: { touch: { name: 'Opportunity Created' } },
        count: 'first',
      },
    },
    {
      kind: 'goals',
      id: 'won',
      body: {
        name: 'Deal won',
        subject: 'account',
        when: { touch: { name: 'Deal Won' } },
        value: { property: 'amount' },
        currency: { property: 'currency' },
        count: 'each',
      },
    },
    {
      kind: 'goals',
      id: 'lost',
      body: { name: 'Deal lost', subject: 'account', when: { touch: { name: 'Deal Lost' } }, count: 'first' },
    },
    {
      kind: 'goals',
      id: 'customer',
      body: { name: 'First deal', subject: 'account', when: { touch: { name: 'Deal Won' } }, count: 'first' },
    },
    {
      kind: 'segments',
      id: 'gone-quiet',
      body: {
        name: 'In talks and quiet',
        subject: 'account',
        when: {
          all: [
            { stage: 'conversion', op: 'is' },
            { silentFor: '21d', direction: 'inbound' },
          ],
        },
      },
    },
    {
      kind: 'touch-rules',
      id: 'default',
      body: {
        name: 'Which stage a touch is for',
        rules: [
          { touch: { page: '*/blog*' }, stage: 'discovery' },
          { touch: { page: '*/customers*' }, stage: 'education' },
          { touch: { kind: 'offline' }, stage: 'education' },
          { touch: { page: '*/pricing*' }, stage: 'conversion' },
          { touch: { kind: 'crm' }, stage: 'conversion' },
        ],
      },
    },
    {
      kind: 'personas',
      id: 'default',
      body: {
        name: 'Who decides',
        traits: ['role', 'title'],
        groups: {
          'technical buyer': ['CTO', 'VP Engineering', '*Architect*'],
          'economic buyer': ['CFO', 'CEO', '*Finance*'],
          user: ['*Engineer*', '*Developer*', '*Analyst*'],
        },
      },
    },
    leadScore,
    silentAfterDemo,
  ],
}
