/** Email: what was sent, opened and clicked. */
import { readyMap, type MapText, type ReadyMap } from './ready-map.js'

const address = ['Email', 'Email Address']
const campaign = ['Campaign Title', 'Campaign', 'Campaign Name', 'Subject']

const mailchimp = (did: string, direction: 'inbound' | 'outbound', ...time: string[]): MapText => ({
  name: `Mailchimp ${did.toLowerCase()}`,
  source: 'mailchimp',
  rows: [
    {
      ...{ as: 'touch', kind: 'email', channel: { constant: 'Email' }, direction, email: address },
      at: {
        column: [...time, 'Timestamp', 'Date'],
        format: ['yyyy-MM-dd HH:mm:ss', 'yyyy-MM-dd HH:mm', 'MMM dd, yyyy hh:mm a', 'iso'],
      },
      name: { constant: `Email ${did}` },
      campaign: { name: campaign },
      properties: { campaign, url: ['URL', 'Url'] },
    },
  ],
})

const delivery = (
  did: string,
  column: string,
  direction: 'inbound' | 'outbound',
): MapText['rows'][number] => ({
  ...{ as: 'touch', id: column, kind: 'email', channel: { constant: 'Email' }, direction },
  when: [{ column, op: 'filled' }],
  userId: ['customer_id', 'cio_id'],
  email: ['email', 'recipient'],
  at: column,
  name: { constant: `Email ${did}` },
  campaign: { name: ['campaign_name', 'newsletter_name'] },
  properties: { subject: 'subject', campaign: ['campaign_name', 'newsletter_name'], action: 'action_name' },
})

const customerIo: MapText = {
  name: 'Customer.io deliveries',
  source: 'customer.io',
  key: ['delivery_id'],
  rows: [
    delivery('Sent', 'sent', 'outbound'),
    delivery('Delivered', 'delivered', 'outbound'),
    delivery('Opened', 'opened', 'inbound'),
    delivery('Clicked', 'clicked', 'inbound'),
  ],
}

export const emailMaps: readonly ReadyMap[] = [
  readyMap(
    'mailchimp-sends',
    'Mailchimp account export: granular_activity/sends, as CSV',
    mailchimp('Sent', 'outbound', 'Send Time'),
  ),
  readyMap(
    'mailchimp-opens',
    'Mailchimp account export: granular_activity/opens, as CSV',
    mailchimp('Opened', 'inbound'),
  ),
  readyMap(
    'mailchimp-clicks',
    'Mailchimp account export: granular_activity/clicks, as CSV',
    mailchimp('Clicked', 'inbound'),
  ),
  readyMap('customerio-deliveries', 'Customer.io: deliveries, exported as CSV', customerIo),
]
