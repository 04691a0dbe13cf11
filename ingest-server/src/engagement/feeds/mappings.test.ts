/** What each service takes, as its documentation shows it. */
import { expect, test } from 'vitest'
import { parseExact } from '../../exact-json.js'
import { bodyFor, type Told } from './mappings.js'

const change = (subject: string, data: object, more: Partial<Told> = {}): Told => ({
  seq: '7',
  id: 'c7',
  kind: 'person',
  of: '',
  subject,
  subjectKind: 'person',
  at: '2026-03-01T00:00:00.000Z',
  data: data as Record<string, unknown>,
  ...more,
})
const batch = (...changes: Told[]) => ({ feed: 'f', changes, next: '7' })
const ada = change('user:ada', {
  identifiers: ['user:ada', 'email:ada@acme.com'],
  traits: { name: 'Ada King Lovelace', title: 'CTO', company: 'Acme', phone: 44 },
})

test('a number that no double holds is said by its digits', () => {
  const traits = parseExact('{"phone":491701234567890123,"company":-9007199254740993}')
  expect(
    bodyFor('hubspot-contact', batch(change('user:b', { identifiers: ['email:b@acme.com'], traits }))),
  ).toMatchObject({ inputs: [{ properties: { phone: '491701234567890123', company: '-9007199254740993' } }] })
})

// POST /crm/v3/objects/contacts/batch/upsert
test('HubSpot contacts are upserted by address; who has none is left out', () => {
  expect(bodyFor('hubspot-contact', batch(ada, change('anon:x', { traits: {} })))).toEqual({
    inputs: [
      {
        idProperty: 'email',
        id: 'ada@acme.com',
        properties: {
          email: 'ada@acme.com',
          firstname: 'Ada',
          lastname: 'King Lovelace',
          company: 'Acme',
          jobtitle: 'CTO',
          phone: '44',
        },
      },
    ],
  })
  expect(bodyFor('hubspot-contact', batch(change('anon:x', { traits: {} })))).toBeUndefined()
})

// A batch with one record twice is refused as a whole.
test('a record that changed twice in a batch is named once, as it is last', () => {
  const later = change('user:ada', { identifiers: ['email:ada@acme.com'], traits: { title: 'CEO' } })
  expect(bodyFor('hubspot-contact', batch(ada, later))).toMatchObject({
    inputs: [{ id: 'ada@acme.com', properties: { jobtitle: 'CEO' } }],
  })
})

// POST /crm/v3/objects/companies/batch/upsert
test('HubSpot companies are upserted by domain, however it is written', () => {
  const account = (subject: string, traits: object) =>
    change(subject, { traits }, { kind: 'account', subjectKind: 'account' })
  const sent = bodyFor(
    'hubspot-company',
    batch(
      account('a1', { website: 'https://www.acme.com/about', name: 'Acme', employees: 250 }),
      account('domain:b.io', {}),
    ),
  )
  expect(sent).toEqual({
    inputs: [
      {
        idProperty: 'domain',
        id: 'acme.com',
        properties: { domain: 'acme.com', name: 'Acme', numberofemployees: '250' },
      },
      { idProperty: 'domain', id: 'b.io', properties: { domain: 'b.io', name: 'domain:b.io' } },
    ],
  })
})

// POST /services/data/v60.0/composite/sobjects/Lead/Email?_HttpMethod=PATCH
test('Salesforce leads have what Salesforce asks for', () => {
  expect(bodyFor('salesforce-lead', batch(ada, change('email:bob@b.io', { traits: {} })))).toEqual({
    allOrNone: false,
    records: [
      {
        attributes: { type: 'Lead' },
        ...{
          Email: 'ada@acme.com',
          FirstName: 'Ada',
          LastName: 'King Lovelace',
          Company: 'Acme',
          Title: 'CTO',
          Phone: '44',
        },
      },
      { attributes: { type: 'Lead' }, Email: 'bob@b.io', LastName: 'bob', Company: 'b.io' },
    ],
  })
})

// https://hooks.slack.com/services/…
test('Slack gets sentences, in which nothing of a person’s is markup', () => {
  const entered = change('user:<!channel>', { change: 'enter' }, { kind: 'segment', of: 'hot' })
  expect(bodyFor('slack', batch(entered))).toEqual({
    text: '*user:&lt;!channel&gt;* entered the segment *hot*',
    blocks: [
      {
        type: 'section',
        text: { type: 'mrkdwn', text: '*user:&lt;!channel&gt;* entered the segment *hot*' },
      },
    ],
  })
})

test('generic JSON is everything', () => {
  expect(bodyFor('generic', batch(ada))).toEqual({ type: 'changes', feed: 'f', next: '7', changes: [ada] })
})

test('a website of 30,000 signs that lead nowhere holds up nobody who is told of it', () => {
  const odd = Array.from({ length: 400 }, (_, n) =>
    change(
      `a${n}`,
      { traits: { website: `${'/'.repeat(30_000)}\nx` } },
      { kind: 'account', subjectKind: 'account' },
    ),
  )
  const good = change(
    'a',
    { traits: { website: 'acme.com/#top\nmore' } },
    { kind: 'account', subjectKind: 'account' },
  )
  const sent = bodyFor('hubspot-company', batch(...odd, good)) as { inputs: { id: string }[] }
  expect(sent.inputs.map(({ id }) => id)).toContain('acme.com')
})
