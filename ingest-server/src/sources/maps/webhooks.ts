/** Maps for what other systems push (`POST /v1/sources/:id`). */
import { readyMap, type MapText, type ReadyMap } from './ready-map.js'

const object = (name: string) => `/data/object/${name}`
const billing = { kind: 'crm', channel: { constant: 'Billing' }, direction: 'inbound' } as const
const stripe = (type: string, name: string, value?: string): MapText['rows'][number] => ({
  ...{ as: 'touch', id: type.replaceAll('.', '-'), ...billing, when: [{ column: '/type', value: type }] },
  email: [
    object('customer_email'),
    object('customer_details/email'),
    object('billing_details/email'),
    object('receipt_email'),
  ],
  anonymousId: { column: [object('customer')], prefix: 'stripe:' },
  at: { column: '/created', format: 'unix' },
  name: { constant: name },
  ...(value === undefined
    ? {}
    : { value: object(value), unit: 'minor' as const, currency: object('currency') }),
  properties: { object: object('id'), status: object('status') },
})

const inviteeTouch = {
  as: 'touch',
  kind: 'offline',
  channel: { constant: 'Meeting' },
  direction: 'inbound',
  email: '/payload/email',
} as const
const calendly: MapText = {
  name: 'Calendly webhook',
  source: 'calendly',
  key: ['/event', '/payload/uri'],
  rows: [
    {
      ...{ as: 'identify', id: 'person', when: [{ column: '/event', value: 'invitee.created' }] },
      email: '/payload/email',
      at: '/created_at',
      traits: { name: '/payload/name' },
    },
    {
      ...{ ...inviteeTouch, id: 'booked', when: [{ column: '/event', value: 'invitee.created' }] },
      at: ['/payload/created_at', '/created_at'],
      name: { constant: 'Meeting Booked' },
      properties: { event: '/payload/scheduled_event/name', starts: '/payload/scheduled_event/start_time' },
      campaign: {
        source: '/payload/tracking/utm_source',
        medium: '/payload/tracking/utm_medium',
        name: '/payload/tracking/utm_campaign',
      },
    },
    {
      ...{ ...inviteeTouch, id: 'canceled', when: [{ column: '/event', value: 'invitee.canceled' }] },
      at: ['/payload/cancellation/created_at', '/created_at'],
      name: { constant: 'Meeting Canceled' },
      properties: { reason: '/payload/cancellation/reason' },
    },
  ],
}

const attendee = { ...inviteeTouch, email: '/payload/attendees/0/email' } as const
const booking = (trigger: string, name: string): MapText['rows'][number] => ({
  ...{ ...attendee, id: trigger, when: [{ column: '/triggerEvent', value: trigger }] },
  at: '/createdAt',
  name: { constant: name },
  properties: { event: ['/payload/type', '/payload/title'], starts: '/payload/startTime' },
})

const hubspotObject = { column: '/objectId' }
const hubspot: MapText = {
  name: 'HubSpot webhook',
  source: 'hubspot',
  // A delivery that is tried again has the same id.
  key: ['/portalId', '/eventId', '/subscriptionId'],
  rows: [
    {
      ...{ as: 'touch', id: 'stage', kind: 'crm', channel: { constant: 'Sales' } },
      when: [
        { column: '/subscriptionType', value: 'deal.propertyChange' },
        { column: '/propertyName', value: 'dealstage' },
      ],
      anonymousId: { ...hubspotObject, prefix: 'hubspot:deal:' },
      at: { column: '/occurredAt', format: 'unix' },
      name: {
        first: [
          {
            column: '/propertyValue',
            values: { closedwon: 'Deal Won', closedlost: 'Deal Lost' },
            otherwise: '',
          },
          { text: 'Deal Stage: {/propertyValue}' },
        ],
      },
      properties: { dealId: '/objectId' },
    },
    {
      ...{ as: 'touch', id: 'deal', kind: 'crm', channel: { constant: 'Sales' } },
      when: [{ column: '/subscriptionType', value: 'deal.creation' }],
      anonymousId: { ...hubspotObject, prefix: 'hubspot:deal:' },
      at: { column: '/occurredAt', format: 'unix' },
      name: { constant: 'Deal Created' },
      properties: { dealId: '/objectId' },
    },
    {
      ...{
        as: 'identify',
        id: 'email',
        when: [
          { column: '/subscriptionType', value: 'contact.propertyChange' },
          { column: '/propertyName', value: 'email' },
        ],
      },
      anonymousId: { ...hubspotObject, prefix: 'hubspot:contact:' },
      email: '/propertyValue',
      at: { column: '/occurredAt', format: 'unix' },
    },
  ],
}

export const webhookMaps: readonly ReadyMap[] = [
  readyMap('stripe-webhook', 'Stripe webhook: payments, invoices, subscriptions', {
    name: 'Stripe webhook',
    source: 'stripe',
    key: '/id',
    rows: [
      stripe('charge.succeeded', 'Payment Succeeded', 'amount'),
      stripe('charge.failed', 'Payment Failed'),
      stripe('invoice.paid', 'Invoice Paid', 'amount_paid'),
      stripe('checkout.session.completed', 'Checkout Completed', 'amount_total'),
      stripe('customer.subscription.created', 'Subscription Started'),
      stripe('customer.subscription.deleted', 'Subscription Canceled'),
    ],
  }),
  readyMap('hubspot-webhook', 'HubSpot webhook: deals created and moved, addresses of contacts', hubspot),
  readyMap('calendly-webhook', 'Calendly webhook: invitee.created, invitee.canceled', calendly),
  readyMap('cal.com-webhook', 'Cal.com webhook: bookings', {
    name: 'Cal.com webhook',
    source: 'cal.com',
    key: ['/triggerEvent', '/payload/uid'],
    rows: [
      booking('BOOKING_CREATED', 'Meeting Booked'),
      booking('BOOKING_CANCELLED', 'Meeting Canceled'),
      booking('BOOKING_RESCHEDULED', 'Meeting Rescheduled'),
    ],
  }),
  readyMap('github-stars', 'GitHub webhook: stars of a repository', {
    name: 'GitHub stars',
    source: 'github',
    key: ['/repository/full_name', '/sender/login', '/action', '/starred_at'],
    when: [
      { column: '/action', value: 'created' },
      { column: '/starred_at', op: 'filled' },
    ],
    rows: [
      {
        as: 'touch',
        kind: 'offline',
        channel: { constant: 'Community' },
        direction: 'inbound',
        anonymousId: { column: '/sender/login', prefix: 'github:' },
        at: '/starred_at',
        name: { constant: 'Starred on GitHub' },
        properties: { repository: '/repository/full_name' },
      },
    ],
  }),
]
