import { describe, expect, test } from 'vitest'
import {
  accountsOf,
  domainMeanings,
  isShared,
  type ResolvedStay,
  type AccountTrait,
  type MembershipFact,
} from './accounts.js'
import { claimedDomain, corporateDomain, domainRulesOf } from './domains.js'
import type { ResolvedHolding } from './resolve.js'

const hour = (n: number) => new Date(Date.UTC(2026, 2, 1, n)).toISOString()
const held = (name: string, from: number | null = null, to: number | null = null): ResolvedHolding => ({
  identifier: name.replace('!', ''),
  from: from === null ? null : hour(from),
  to: to === null ? null : hour(to),
  because: `because ${name}`,
  rule: 'R1',
  verified: name.includes('!'),
})
/** `2 u joins acme`, `5! u leaves acme`; "!" is verified. */
const membership = (fact: string, index: number): MembershipFact => {
  const [at = '', who = '', does, account = ''] = fact.replace('!', '').split(' ')
  return {
    identifier: who,
    account,
    at: hour(Number(at)),
    left: does === 'leaves',
    messageId: `m${index}`,
    verified: fact.includes('!'),
  }
}
const staysAsText = (stays: readonly ResolvedStay[]) =>
  stays.map(({ account, how, from, to, verified }) => {
    const when = (time: string | null) =>
      time === null ? '' : (Date.parse(time) - Date.UTC(2026, 2, 1)) / 3_600_000
    return `${account} [${when(from)}..${when(to)}) by ${how}${verified ? '!' : ''}`
  })

const nobodyClaims = domainMeanings([])

describe('the accounts a person counts in', () => {
  const cases: [string, ResolvedHolding[], string[], string[]][] = [
    [
      'a group takes the whole journey, before it too',
      [held('user:u')],
      ['5 user:u joins acme'],
      ['acme [..) by group'],
    ],
    [
      'from leaving on new events count no more, earlier ones stay',
      [held('user:u')],
      ['5 user:u joins acme', '9 user:u leaves acme'],
      ['acme [..9) by group'],
    ],
    [
      'a later group joins again from its own time, and the gap stays out',
      [held('user:u')],
      ['5 user:u joins acme', '9 user:u leaves acme', '12 user:u joins acme', '13 user:u joins acme'],
      ['acme [..9) by group', 'acme [12..) by group'],
    ],
    [
      'leaving is all that is known: they were there until then',
      [held('user:u')],
      ['9 user:u leaves acme'],
      ['acme [..9) by group'],
    ],
    [
      'left and joined at one instant is no gap',
      [held('user:u')],
      ['5 user:u joins acme', '9 user:u leaves acme', '9 user:u joins acme'],
      ['acme [..) by group'],
    ],
    [
      'the order in which it was stored says nothing',
      [held('user:u')],
      ['12 user:u joins acme', '9 user:u leaves acme', '5 user:u joins acme'],
      ['acme [..9) by group', 'acme [12..) by group'],
    ],
    [
      'two groups, two accounts',
      [held('user:u')],
      ['5 user:u joins acme', '6 user:u joins beta'],
      ['acme [..) by group', 'beta [..) by group'],
    ],
    [
      'a device joins for whoever owned it then',
      [held('user:u'), held('anon:d', null, 5)],
      ['4 anon:d joins acme', '6 anon:d joins beta'],
      ['acme [..) by group'],
    ],
    [
      'without a group the company domain of an email counts',
      [held('user:u'), held('email:ann@uk.acme.dev')],
      [],
      ['domain:acme.dev [..) by domain'],
    ],
    [
      'any group, even one that was left, silences the domain',
      [held('user:u'), held('email:ann@acme.dev')],
      ['5 user:u leaves beta'],
      ['beta [..5) by group'],
    ],
    [
      'free mail and throw-away addresses make no account',
      [held('email:a@gmail.com'), held('email:a@mailinator.com'), held('email:a@yahoo.co.uk')],
      [],
      [],
    ],
    [
      'an unverified leave ends no verified membership, an unverified join fills no gap of it',
      [held('user:u')],
      ['1! user:u joins acme', '2 user:u leaves acme', '5! user:u leaves acme', '6 user:u joins acme'],
      ['acme [..5) by group!'],
    ],
    [
      'an unverified join elsewhere counts only where no verified membership does',
      [held('user:u')],
      ['1! user:u joins acme', '2 user:u joins evil', '5! user:u leaves acme', '9! user:u joins acme'],
      ['acme [..5) by group!', 'acme [9..) by group!', 'evil [5..9) by group'],
    ],
    [
      'a verified leave ends what was never proven',
      [held('user:u')],
      ['1 user:u joins acme', '5! user:u leaves acme'],
      ['acme [..5) by group!'],
    ],
    [
      'an unverified group pulls nobody with a verified address out of its domain’s account',
      [held('user:u'), held('email:ann@acme.dev!')],
      ['5 user:u joins evil', '6 user:u leaves domain:acme.dev'],
      ['domain:acme.dev [..) by domain!'],
    ],
    [
      'a verified group silences a verified address',
      [held('user:u'), held('email:ann@acme.dev!')],
      ['5! user:u joins beta'],
      ['beta [..) by group!'],
    ],
    [
      'an unverified address takes nothing from a verified one',
      [held('user:u'), held('email:ann@beta.dev'), held('email:ann@acme.dev!')],
      [],
      ['domain:acme.dev [..) by domain!'],
    ],
    [
      'of two addresses in one account the verified one is what it is by',
      [held('user:u'), held('email:a@acme.dev'), held('email:b@acme.dev!')],
      [],
      ['domain:acme.dev [..) by domain!'],
    ],
    [
      'two companies’ addresses, two accounts; two addresses of one, one',
      [held('email:a@acme.dev'), held('email:a@beta.dev'), held('email:b@acme.dev')],
      [],
      ['domain:acme.dev [..) by domain', 'domain:beta.dev [..) by domain'],
    ],
  ]
  test.each(cases)('%s', (_, identifiers, facts, expected) => {
    const memberships = facts.map(membership)
    expect(staysAsText(accountsOf({ identifiers, memberships, meaningOf: nobodyClaims }))).toEqual(expected)
  })

  test('what a person does while in two accounts is shared', () => {
    const facts = ['1 user:u joins acme', '9 user:u leaves acme', '1 user:u joins beta'].map(membership)
    const stays = accountsOf({ identifiers: [held('user:u')], memberships: facts, meaningOf: nobodyClaims })
    expect([isShared(stays, hour(8)), isShared(stays, hour(9))]).toEqual([true, false])
  })
})

describe('which account a domain means', () => {
  const trait = (fields: Partial<AccountTrait> & { account: string }): AccountTrait => ({
    name: 'domain',
    value: '"acme.dev"',
    at: hour(1),
    messageId: `m-${fields.account}`,
    verified: false,
    addresses: ['ann@acme.dev', 'ann@beta.dev'],
    ...fields,
  })
  const cases: [string, AccountTrait[], string | undefined, number][] = [
    ['nobody’s: an account of its own', [], 'domain:acme.dev', 0],
    ['the account that names it', [trait({ account: 'a' })], 'a', 1],
    [
      'also by its website',
      [trait({ account: 'a', name: 'website', value: '"https://www.acme.dev/en?x=1"' })],
      'a',
      1,
    ],
    ['two that name it: neither', [trait({ account: 'a' }), trait({ account: 'b' })], undefined, 2],
    ['the verified one of two', [trait({ account: 'a' }), trait({ account: 'b', verified: true })], 'b', 2],
    [
      'two verified ones: neither',
      [trait({ account: 'a', verified: true }), trait({ account: 'b', verified: true })],
      undefined,
      2,
    ],
    [
      'one that nobody with an address there named',
      [trait({ account: 'a', addresses: ['ann@beta.dev', 'ann@acme.dev.evil.test'] })],
      'domain:acme.dev',
      0,
    ],
    [
      'such a one does not contest another',
      [trait({ account: 'a' }), trait({ account: 'b', addresses: [] })],
      'a',
      1,
    ],
    [
      'such a one does not take the place of what somebody with an address there said of the same account',
      [
        trait({ account: 'a' }),
        trait({ account: 'a', value: '"evil.test"', at: hour(2), messageId: 'm2', addresses: [] }),
      ],
      'a',
      1,
    ],
    [
      'an account that names another domain by now: no longer',
      [trait({ account: 'a' }), trait({ account: 'a', value: '"beta.dev"', at: hour(2), messageId: 'm2' })],
      'domain:acme.dev',
      0,
    ],
    [
      'an unverified later trait does not take a verified one’s place',
      [
        trait({ account: 'a', verified: true }),
        trait({ account: 'a', value: '"beta.dev"', at: hour(2), messageId: 'm2' }),
      ],
      'a',
      1,
    ],
  ]
  test.each(cases)('%s', (_, traits, account, claims) => {
    for (const order of [traits, [...traits].reverse()]) {
      const meaning = domainMeanings(order)('acme.dev')
      expect(meaning.account).toBe(account)
      expect(meaning.state).toBe(account === undefined ? 'contested' : '')
      expect(meaning.claims).toHaveLength(claims)
    }
  })
})

test('for a verified address only verified claims of its domain count', () => {
  const claim = { account: 'evil', name: 'domain', value: '"acme.dev"', at: hour(1), messageId: 'm' }
  const claims = [{ ...claim, verified: false, addresses: ['mallory@acme.dev'] }]
  const accountsWith = (traits: AccountTrait[], name: string) =>
    staysAsText(accountsOf({ identifiers: [held(name)], memberships: [], meaningOf: domainMeanings(traits) }))
  expect(accountsWith(claims, 'email:ann@acme.dev!')).toEqual(['domain:acme.dev [..) by domain!'])
  expect(accountsWith(claims, 'email:ann@acme.dev')).toEqual(['evil [..) by domain'])
  const proven = { ...claim, account: 'acme', messageId: 'm2', verified: true, addresses: [] }
  for (const name of ['email:ann@acme.dev!', 'email:ann@acme.dev'])
    expect(accountsWith([...claims, proven], name)).toMatchObject([expect.stringMatching(/^acme /)])
})

const strangers = {
  'free mail': `outlook.bg hotmail.rs hotmail.cl yahoo.ne.jp yandex.uz yandex.co.il gmx.biz live.fi tuta.com posteo.lt
    fastmail.de zohomail.in zoho.eu mail.ee inbox.lv email.cz riseup.net disroot.org startmail.com skiff.com vk.com
    siol.net zoznam.sk net.hr proximus.be movistar.es clix.pt telia.se spectrum.net kakao.com nifty.com biglobe.ne.jp
    online.no altibox.no orange.es simnet.is eircom.net in.gr takas.lt 263.net tiscali.cz wanadoo.es dnmx.org onionmail.org
    hinet.net 012.net.il legalmail.it bbox.fr vodafone.de wo.cn naver.com seznam.cz rediffmail.com sapo.pt qq.com`,
  'aliases and relays': `duck.com mozmail.com relay.firefox.com simplelogin.com slmails.com passmail.net addy.io
    ann.anonaddy.com 4wrd.cc privaterelay.appleid.com 33mail.com burnermail.io opayq.com ironvest.com
    clkdmail.com myclkd.email`,
  'hosts that nobody reads': `users.noreply.github.com users.noreply.gitlab.com noreply.acme.com reply.acme.com reply.reply.com bounces.mail.acme.co.uk noreply.com noreply.io yahoogroups.com
    mail.bounces.acme.com guest.booking.com marketplace.amazon.de marketplace.amazon.com.mx members.ebay.com
    messages.homeaway.com group.calendar.google.com vtext.com example.org do-not-reply.acme.com`,
  'names that nobody registers':
    'corp.local ad.acme.local acme.lan contoso.internal x.home.arpa acme.invalid acme.corp',
  'hosts through which services send': `acme.hubspotemail.net acme.us2.list-manage.com messaging.yelp.com
    candidates.workablemail.com partner.booking.com guest.vrbo.com`,
  'free mail of few': 'autistici.org kolabnow.com mundo-r.com vodafonemail.de soverin.net starman.ee',
  'throw-away addresses': 'mailinator.com yopmail.fr guerrillamail.biz trashmail.de 10minutemail.net',
}
describe.each(Object.entries(strangers))(
  'strangers who share a domain are no company: %s',
  (_kind, domains) => {
    test.each(domains.trim().split(/\s+/))('%s', (domain) => {
      expect(corporateDomain(`ann@${domain}`)).toBeUndefined()
      expect(claimedDomain(JSON.stringify(`https://${domain}/`))).toBeUndefined()
    })
  },
)

test.each([
  ['ann@alpha.onmicrosoft.com', 'alpha.onmicrosoft.com'],
  ['ann@beta.onmicrosoft.com', 'beta.onmicrosoft.com'],
  ['help@alpha.zendesk.com', 'alpha.zendesk.com'],
  ['help@support.alpha.zendesk.com', 'alpha.zendesk.com'],
  ['jira@alpha.atlassian.net', 'alpha.atlassian.net'],
  ['ann@alpha.com.test-google-a.com', 'alpha.com'],
  ['ann@beta.co.uk.test-google-a.com', 'beta.co.uk'],
  ['deal@alpha.pipedrive.com', 'alpha.pipedrive.com'],
  ['x@alpha.freshdesk.com', 'alpha.freshdesk.com'],
  ['x@alpha.myshopify.com', 'alpha.myshopify.com'],
  ['x@alpha.service-now.com', 'alpha.service-now.com'],
  ['x@alpha.intercom-mail.com', 'alpha.intercom-mail.com'],
  ['x@alpha.mail.intercom.io', 'alpha.mail.intercom.io'],
  ['x@alpha.eu.auth0.com', 'alpha.eu.auth0.com'],
  ['x@alpha.substack.com', 'alpha.substack.com'],
  ['x@alpha.youtrack.cloud', 'alpha.youtrack.cloud'],
  ['x@alpha.eu.teamtailor.com', 'alpha.eu.teamtailor.com'],
  ['ann@zendesk.com', 'zendesk.com'],
  ['ann@ghost.io', 'ghost.io'],
  ['ann@salesforce.com', 'salesforce.com'],
])('tenants of one service are companies of their own: %s is %s', (address, domain) => {
  expect(corporateDomain(address)).toBe(domain)
})

test.each([
  ...[
    'bt.com',
    'att.com',
    'telekom.de',
    'cnn.com',
    'stanford.edu',
    'ox.ac.uk',
    'nasa.gov',
    'shopify.com',
    'stripe.com',
  ],
  ...[
    'siemens.com',
    'gitlab.com',
    'atlassian.com',
    'yahooinc.com',
    'mailchimp.com',
    'postman.com',
    'livenation.com',
  ],
  ...['hotmailer-agency.example.io', 'outlookindia.com', 'atlas.com', 'replyify.com', 'bounceexchange.com'],
  ...['cloaked.id', 'xwaretech.com', 'elisa.fi', 'reply.com', 'reply.de', 'bounce.fm'],
])('%s is a company, whatever lists hold', (domain) => {
  expect(corporateDomain(`ann@${domain}`)).toBeDefined()
})

test('a project adds domains that strangers share, and exempts companies that lists hold', () => {
  const rules = domainRulesOf({
    shared: ['partner-portal.dev', 'münchen.de'],
    companies: ['in.com', 'mail.ru'],
  })
  expect(corporateDomain('ann@partner-portal.dev', rules)).toBeUndefined()
  expect(corporateDomain('ann@sub.partner-portal.dev', rules)).toBeUndefined()
  expect(corporateDomain('ann@xn--mnchen-3ya.de', rules)).toBeUndefined()
  expect(corporateDomain('ann@corp.in.com', rules)).toBe('in.com')
  expect(corporateDomain('ann@mail.ru', rules)).toBe('mail.ru')
  expect(corporateDomain('ann@mail.ru')).toBeUndefined()
  expect(claimedDomain('"https://in.com"', rules)).toBe('in.com')

  const identifiers = [held('user:u'), held('email:a@partner-portal.dev'), held('email:a@in.com')]
  const stays = accountsOf({
    identifiers,
    memberships: [],
    meaningOf: domainMeanings([], rules),
    domainRules: rules,
  })
  expect(staysAsText(stays)).toEqual(['domain:in.com [..) by domain'])
})

test.each([
  ['jana@münchen.de', 'xn--mnchen-3ya.de'],
  ['jana@XN--MNCHEN-3YA.de', 'xn--mnchen-3ya.de'],
  ['jana@büro.xn--mnchen-3ya.de', 'xn--mnchen-3ya.de'],
])('an address in Unicode is of the same company as in ASCII: %s', (address, domain) => {
  expect(corporateDomain(address)).toBe(domain)
})

test.each([
  ['ann@acme.dev', 'acme.dev'],
  ['ann@mail.uk.acme.co.uk', 'acme.co.uk'],
  ['ann@customer.uk.com', 'customer.uk.com'],
  ['ann@uk.com', undefined],
  ['ann@gmail.com', undefined],
  ['ann@sub.mailinator.com', undefined],
])('the company domain of %s is %s', (address, domain) => {
  expect(corporateDomain(address)).toBe(domain)
})

test.each([
  ['"acme.dev"', 'acme.dev'],
  ['" HTTPS://user@www.Acme.dev:8443/path?q#h "', 'acme.dev'],
  ['"//acme.dev/"', 'acme.dev'],
  ['"ann@acme.dev"', 'acme.dev'],
  ['"acme.dev."', 'acme.dev'],
  ['"gmail.com"', undefined],
  ['"localhost"', undefined],
  ['"10.0.0.1"', undefined],
  ['""', undefined],
  ['42', undefined],
  ['not json', undefined],
])('a trait %s claims %s', (value, domain) => {
  expect(claimedDomain(value)).toBe(domain)
})
