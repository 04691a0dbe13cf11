import { leadScore, silentAfterDemo } from './engagement.js'
import type { Template } from './template.js'

const secondVisit = { touch: { kind: 'visit' }, count: { op: 'gte', n: 2 }, within: '3d' }

/** Accounts that try before they buy. */
export const saas: Template = {
  id: 'saas',
  name: 'Software by subscription',
  about:
    'Accounts read, sign up, try and subscribe by themselves. Expects the events Signed Up, Trial Started, Subscription Started, Subscription Cancelled, Invited Teammate.',
  definitions: [
    {
      kind: 'stages',
      id: 'default',
      body: {
        name: 'From discovery to advocacy',
        subject: 'account',
        stages: [
          { id: 'discovery', name: 'Discovery', enter: { touch: { kind: 'visit' } } },
          {
            id: 'education',
            name: 'Education',
            enter: {
              any: [
                { touch: { page: '*/pricing*' } },
                { touch: { page: '*/docs*' } },
                { touch: { name: 'Signed Up' } },
              ],
            },
          },
          {
            id: 'conversion',
            name: 'Conversion',
            enter: { touch: { name: 'Trial Started' } },
            silentAfter: '14d',
          },
          {
            id: 'retention',
            name: 'Retention',
            enter: { touch: { name: 'Subscription Started' } },
            exit: { touch: { name: 'Subscription Cancelled' } },
            silentAfter: '60d',
          },
          {
            id: 'advocacy',
            name: 'Advocacy',
            enter: {
              sequence: [{ name: 'Subscription Started' }, { name: 'Invited Teammate' }],
            },
            silentAfter: '90d',
          },
        ],
      },
    },
    {
      kind: 'goals',
      id: 'signup',
      body: { name: 'Signed up', subject: 'account', when: { touch: { name: 'Signed Up' } }, count: 'first' },
    },
    {
      kind: 'goals',
      id: 'trial',
      body: { name: 'Trial', subject: 'account', when: { touch: { name: 'Trial Started' } }, count: 'first' },
    },
    {
      kind: 'goals',
      id: 'customer',
      body: {
        name: 'First subscription',
        subject: 'account',
        when: { touch: { name: 'Subscription Started' } },
        count: 'first',
      },
    },
    {
      kind: 'goals',
      id: 'won',
      body: {
        name: 'Subscription started',
        subject: 'account',
        when: { touch: { name: 'Subscription Started' } },
        count: 'first',
      },
    },
    {
      kind: 'goals',
      id: 'lost',
      body: {
        name: 'Subscription cancelled',
        subject: 'account',
        when: { touch: { name: 'Subscription Cancelled' } },
        count: 'first',
      },
    },
    {
      kind: 'segments',
      id: 'stuck-in-trial',
      body: {
        name: 'Stuck in trial',
        subject: 'account',
        when: {
          all: [
            { stage: 'conversion', op: 'is', for: '14d' },
            { silentFor: '7d', direction: 'inbound' },
          ],
        },
      },
    },
    {
      kind: 'touch-rules',
      id: 'default',
      body: {
        name: 'Which stage a page is for',
        rules: [
          { touch: { page: '*/blog*' }, stage: 'discovery' },
          { touch: { page: '*/docs*' }, stage: 'education' },
          { touch: { page: '*/pricing*' }, stage: 'conversion' },
        ],
      },
    },
    leadScore,
    silentAfterDemo,
    {
      kind: 'programs',
      id: 'trial-without-second-visit',
      body: {
        name: 'Trial started, no second visit in 3 days',
        subject: 'person',
        enter: { touch: { name: 'Trial Started' } },
        reenter: { atMostEvery: '30d' },
        goal: { touch: { name: 'Subscription Started' } },
        quietHours: { from: '20:00', to: '08:00' },
        steps: [
          { id: 'second-visit', waitUntil: secondVisit, timeout: '3d' },
          { id: 'came-back', branch: [{ when: secondVisit, to: 'end' }], else: 'stalled' },
          { id: 'stalled', act: { setTrait: { name: 'trialStalled', value: '{{at}}' } } },
          { id: 'end', exit: 'done' },
        ],
      },
    },
  ],
}
