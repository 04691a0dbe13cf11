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
const account = (subject: string, traits: object, domains: string[]) =>
  change(subject, { traits, domains }, { kind: 'account', subjectKind: 'account' })
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

test('a record is that of an address or a domain which is theirs, whatever their traits say', () => {
  const inputsOf = (one: Told) =>
    (
      bodyFor(one.kind === 'person' ? 'hubspot-contact' : 'hubspot-company', batch(one)) as
        { inputs: { id: string }[] } | undefined
    )?.inputs.map(({ id }) => id)
  const person = (email: unknown, emails: string[]) =>
    inputsOf(change('user:cy', { identifiers: ['user:cy', 'email:old@x.dev'], emails, traits: { email } }))
  expect(person('zoe@victim.dev', [])).toBeUndefined()
  expect(person('zoe@victim.dev', ['cy@x.dev'])).toEqual(['cy@x.dev'])
  expect(person(' CY@X.dev', ['a@x.dev', 'cy@x.dev'])).toEqual(['cy@x.dev'])
  expect(person(7, ['a@x.dev', 'cy@x.dev'])).toEqual(['a@x.dev'])
  expect(inputsOf(account('mine', { domain: 'victim.dev' }, []))).toBeUndefined()
  expect(inputsOf(account('domain:victim.dev', {}, []))).toBeUndefined()
  expect(
    inputsOf(account('mine', { domain: 'victim.dev', website: 'http://shop.me.dev/a' }, ['me.dev'])),
  ).toEqual(['shop.me.dev'])
  expect(inputsOf(account('mine', { domain: 'notme.dev' }, ['me.dev']))).toEqual(['me.dev'])
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
  const sent = bodyFor(
    'hubspot-company',
    batch(
      account('a1', { website: 'https://www.acme.com/about', name: 'Acme', employees: 250 }, ['acme.com']),
      account('domain:b.io', {}, ['b.io']),
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
    account(`a${n}`, { website: `${'/'.repeat(30_000)}\nx` }, ['odd.dev']),
  )
  const good = account('a', { website: 'shop.acme.com/#top\nmore' }, ['acme.com'])
  const sent = bodyFor('hubspot-company', batch(...odd, good)) as { inputs: { id: string }[] }
  expect(sent.inputs.map(({ id }) => id)).toContain('shop.acme.com')
})
