/** Stripe: what the dashboard exports as CSV. */
import { readyMap, type MapText, type ReadyMap } from './ready-map.js'

const who = {
  email: ['Customer Email', 'Email'],
  anonymousId: { column: ['Customer ID', 'Customer'], prefix: 'stripe:' },
} as const
const formats = ['yyyy-MM-dd HH:mm:ss', 'yyyy-MM-dd HH:mm', 'yyyy-MM-dd', 'iso', 'unix']
const at = (...column: string[]) => ({ column, format: formats })
const touch = {
  as: 'touch',
  kind: 'crm',
  direction: 'inbound',
  channel: { constant: 'Billing' },
  ...who,
} as const
// An address alone joins what Stripe knows by its customer id.
const customer = (...created: string[]): MapText['rows'][number] => ({
  ...{ as: 'identify', id: 'customer', ...who, at: at(...created) },
  when: [{ column: ['Customer Email', 'Email'], op: 'filled' }],
  traits: { name: ['Customer Description', 'Customer Name'] },
})

const charges: MapText = {
  name: 'Stripe payments',
  source: 'stripe',
  key: 'id',
  rows: [
    customer('Created date (UTC)', 'Created (UTC)'),
    {
      ...{
        ...touch,
        id: 'paid',
        when: [{ column: 'Status', op: 'in', value: ['Paid', 'succeeded', 'Partially Refunded'] }],
      },
      at: at('Created date (UTC)', 'Created (UTC)'),
      name: { constant: 'Payment Succeeded' },
      value: 'Amount',
      currency: 'Currency',
      properties: { description: 'Description', invoice: 'Invoice ID' },
    },
    {
      ...{ ...touch, id: 'failed', when: [{ column: 'Status', op: 'in', value: ['Failed', 'failed'] }] },
      at: at('Created date (UTC)', 'Created (UTC)'),
      name: { constant: 'Payment Failed' },
      properties: { reason: ['Decline Reason', 'Seller Message'] },
    },
    {
      ...{ ...touch, id: 'refunded', when: [{ column: 'Refunded date (UTC)', op: 'filled' }] },
      at: at('Refunded date (UTC)'),
      name: { constant: 'Payment Refunded' },
      properties: { refunded: 'Amount Refunded' },
    },
  ],
}

const invoices: MapText = {
  name: 'Stripe invoices',
  source: 'stripe',
  key: 'id',
  rows: [
    customer('Date (UTC)'),
    {
      ...touch,
      id: 'sent',
      direction: 'outbound',
      at: at('Finalized At (UTC)', 'Date (UTC)'),
      name: { constant: 'Invoice Sent' },
      properties: { number: 'Number', total: 'Total', subscription: 'Subscription' },
    },
    {
      ...{ ...touch, id: 'paid', when: [{ column: 'Paid At (UTC)', op: 'filled' }] },
      at: at('Paid At (UTC)'),
      name: { constant: 'Invoice Paid' },
      value: ['Amount Paid', 'Total', 'Amount Due'],
      currency: 'Currency',
      properties: { number: 'Number', subscription: 'Subscription' },
    },
  ],
}

const subscriptions: MapText = {
  name: 'Stripe subscriptions',
  source: 'stripe',
  key: 'id',
  rows: [
    customer('Created (UTC)'),
    {
      ...touch,
      id: 'started',
      at: at('Start (UTC)', 'Start Date (UTC)', 'Created (UTC)'),
      name: { constant: 'Subscription Started' },
      value: 'Amount',
      currency: 'Currency',
      properties: { plan: 'Plan', interval: 'Interval', quantity: 'Quantity' },
    },
    {
      ...touch,
      id: 'trial',
      when: [{ column: 'Trial Start (UTC)', op: 'filled' }],
      at: at('Trial Start (UTC)'),
      name: { constant: 'Trial Started' },
      properties: { plan: 'Plan' },
    },
    {
      ...touch,
      id: 'canceled',
      when: [{ column: 'Canceled At (UTC)', op: 'filled' }],
      at: at('Canceled At (UTC)'),
      name: { constant: 'Subscription Canceled' },
      properties: { plan: 'Plan' },
    },
  ],
}

export const stripeMaps: readonly ReadyMap[] = [
  readyMap('stripe-charges', 'Stripe dashboard: payments, all columns, as CSV', charges),
  readyMap('stripe-invoices', 'Stripe dashboard: invoices, all columns, as CSV', invoices),
  readyMap('stripe-subscriptions', 'Stripe dashboard: subscriptions, all columns, as CSV', subscriptions),
]
