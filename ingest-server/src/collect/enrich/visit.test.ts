import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { clickIdKinds } from './click-ids.js'
import type { EventRow } from '../../log/event-row.js'
import { visitOf, type Campaign } from './visit.js'

function read(
  url: string,
  referrer = '',
  campaign?: Partial<Campaign>,
  search = '',
): Partial<EventRow> | undefined {
  const own = campaign && { source: '', medium: '', name: '', term: '', content: '', ...campaign }
  const visit = visitOf({ url, search, referrer, campaign: own, app: '' })
  return visit && (JSON.parse(`{"_":0${visit.channelColumns}${visit.columns}}`) as Partial<EventRow>)
}

describe('where a visit came from', () => {
  test.each([
    ['https://acme.com/', '', 'Direct', 'direct:none', '(direct)', '(none)'],
    ['https://acme.com/b', 'https://acme.com/a', 'Direct', 'direct:internal', '(direct)', '(none)'],
    ['https://www.acme.com/', 'https://blog.acme.com/x', 'Direct', 'direct:internal', '(direct)', '(none)'],
    [
      'https://a.github.io/',
      'https://b.github.io/',
      'Referral',
      'referral:referrer',
      'b.github.io',
      'referral',
    ],
    [
      'https://acme.com/',
      'https://www.google.com/',
      'Organic Search',
      'organic-search:referrer',
      'google',
      'organic',
    ],
    [
      'https://acme.com/',
      'android-app://com.google.android.gm/',
      'Email',
      'email:referrer',
      'gmail',
      'email',
    ],
    [
      'https://acme.com/',
      'https://l.facebook.com/',
      'Organic Social',
      'organic-social:referrer',
      'facebook',
      'referral',
    ],
    [
      'https://acme.com/',
      'https://chatgpt.com/',
      'AI Assistant',
      'ai-assistant:referrer',
      'chatgpt',
      'referral',
    ],
    [
      'https://acme.com/?utm_source=chatgpt.com',
      '',
      'AI Assistant',
      'ai-assistant:utm',
      'chatgpt.com',
      '(not set)',
    ],
    [
      'https://acme.com/',
      'https://partner.example/list',
      'Referral',
      'referral:referrer',
      'partner.example',
      'referral',
    ],
    [
      'https://acme.com/?utm_source=news&utm_medium=email',
      'https://www.google.com/',
      'Email',
      'email:utm',
      'news',
      'email',
    ],
    [
      'https://acme.com/?gclid=x',
      'https://www.google.com/',
      'Paid Search',
      'paid-search:gclid',
      'google',
      'cpc',
    ],
    [
      'https://acme.com/?fbclid=x',
      'https://l.facebook.com/',
      'Organic Social',
      'organic-social:fbclid',
      'facebook',
      'social',
    ],
    [
      'https://acme.com/?fbclid=x&utm_source=fb&utm_medium=paid',
      '',
      'Paid Social',
      'paid-social:utm',
      'fb',
      'paid',
    ],
    ['https://acme.com/?utm_source=google&gclid=x', '', 'Paid Search', 'paid-search:utm', 'google', 'cpc'],
    [
      'https://acme.com/?utm_campaign=launch&msclkid=x',
      '',
      'Paid Search',
      'paid-search:msclkid',
      'bing',
      'cpc',
    ],
  ])('%s from "%s" is %s (%s)', (url, referrer, channel, rule, source, medium) => {
    expect(read(url, referrer)).toMatchObject({ channel, channel_rule: rule, source, medium })
  })

  const byClickId = [
    ['gclid', 'Paid Search'],
    ['gbraid', 'Paid Search'],
    ['wbraid', 'Paid Search'],
    ['dclid', 'Display'],
    ['msclkid', 'Paid Search'],
    ['yclid', 'Paid Search'],
    ['ttclid', 'Paid Social'],
    ['twclid', 'Paid Social'],
    ['li_fat_id', 'Paid Social'],
    ['sccid', 'Paid Social'],
    ['epik', 'Paid Social'],
    ['rdt_cid', 'Paid Social'],
    ['qclid', 'Paid Social'],
    ['tblci', 'Paid Other'],
    ['dicbo', 'Paid Other'],
    ['obclid', 'Paid Other'],
    ['ymclid', 'Paid Shopping'],
    ['sznclid', 'Paid Search'],
    ['bd_vid', 'Paid Search'],
    ['qhclickid', 'Paid Search'],
    ['n_media', 'Paid Search'],
    ['ransiteid', 'Affiliates'],
    ['vkclid', 'Paid Social'],
    ['s_kwcid', 'Paid Search'],
    ['ndclid', 'Paid Social'],
    ['ldtag_cl', 'Paid Social'],
    ['cto_pld', 'Display'],
    ['asa_campaign_id', 'Paid Search'],
    ['gad_campaignid', 'Paid Search'],
    ['gad_source', 'Paid Search'],
    ['gclsrc', 'Paid Search'],
    ['irclickid', 'Affiliates'],
    ['cjevent', 'Affiliates'],
    ['awc', 'Affiliates'],
    ['ranmid', 'Affiliates'],
    ['clickref', 'Affiliates'],
    ['sscid', 'Affiliates'],
    ['tduid', 'Affiliates'],
    ['srsltid', 'Organic Shopping'],
    ['ysclid', 'Organic Search'],
    ['mc_eid', 'Email'],
    ['mc_cid', 'Email'],
    ['_hsenc', 'Email'],
    ['_hsmi', 'Email'],
    ['mkt_tok', 'Email'],
    ['_kx', 'Email'],
    ['vgo_ee', 'Email'],
    ['ml_subscriber', 'Email'],
    ['ck_subscriber_id', 'Email'],
    ['oly_enc_id', 'Email'],
    ['dm_i', 'Email'],
    ['elqtrackid', 'Email'],
    ['vero_id', 'Email'],
    ['sfmc_sub', 'Email'],
    ['fbclid', 'Organic Social'],
    ['mibextid', 'Organic Social'],
    ['igshid', 'Organic Social'],
    ['igsh', 'Organic Social'],
  ] as const
  test.each(byClickId)('a click id %s alone is %s', (name, channel) => {
    expect(read(`https://acme.com/?${name}=AbC-1`)).toMatchObject({
      channel,
      click_id_kind: name,
      click_id: 'AbC-1',
    })
  })

  test('each click id has a case above', () => {
    expect(clickIdKinds.map(({ name }) => name).sort()).toEqual(byClickId.map(([name]) => name).sort())
  })

  test('parameters are read in any case, decoded once, and the first of a name counts; sources and media are in lower case', () => {
    const url =
      'https://acme.com/p?UTM_Source=My+News%20A&utm_source=other&utm_medium=e%2Dmail&utm_campaign=%E6%98%A5&ScCid=1'
    expect(read(url)).toMatchObject({
      source: 'my news a',
      medium: 'e-mail',
      campaign: '春',
      click_id_kind: 'sccid',
    })
  })

  test('what the SDK read itself comes before the address', () => {
    const url = 'https://acme.com/?utm_source=a&utm_medium=b&utm_term=c'
    expect(read(url, '', { source: 'google', medium: 'cpc', name: 'brand' })).toMatchObject({
      source: 'google',
      medium: 'cpc',
      campaign: 'brand',
      term: 'c',
      channel: 'Paid Search',
    })
  })

  test('a query that the SDK gives apart from the address counts', () => {
    expect(read('https://acme.com/p', '', undefined, '?utm_source=google&utm_medium=cpc')?.channel).toBe(
      'Paid Search',
    )
  })

  test('host, path and referrer host are read; port, user and www are not part of a host', () => {
    expect(read('https://u:p@WWW.Acme.com:8443/a/b?x=1#f', 'https://www.Partner.example:1/x')).toMatchObject({
      url: 'https://u:p@WWW.Acme.com:8443/a/b?x=1#f',
      host: 'acme.com',
      path: '/a/b',
      referrer_host: 'partner.example',
    })
    expect(read('http://[2001:db8::1]:80/')).toMatchObject({ host: '[2001:db8::1]', path: '/' })
    expect(read('/only/a/path')).toMatchObject({ url: '/only/a/path', channel: 'Direct' })
  })

  test('an event without address, referrer or campaign has no visit', () => {
    expect(read('')).toBeUndefined()
  })

  test('no address breaks the line', () => {
    const part = fc.oneof(
      fc.webUrl({ withQueryParameters: true }),
      fc.string({ unit: 'binary' }),
      fc.string(),
    )
    fc.assert(
      fc.property(part, part, (url, referrer) => {
        const row = read(url, referrer)
        expect(Boolean(row?.channel)).toBe(url !== '' || referrer !== '')
        expect(row?.url ?? '').toBe(url.replace(/\p{Cs}/gu, '\ufffd'))
      }),
    )
  })
})
