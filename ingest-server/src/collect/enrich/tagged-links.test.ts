/**
 * Links as ad tools, mail tools and people tag them, and where else visits come from: each table is a kind of mistake that
 * was made once, with other cases than those it was found by (came-from.test.ts, came-by-ways.test.ts).
 */
import { describe, expect, test } from 'vitest'
import type { EventRow } from '../../log/event-row.js'
import { visitOf } from './visit.js'

const site = 'https://www.my-shop.example'

function cameFrom(path: string, referrer = ''): Partial<EventRow> {
  const visit = visitOf({ url: site + path, search: '', referrer, campaign: undefined, app: '' })
  return JSON.parse(`{"_":0${visit?.channelColumns ?? ''}${visit?.columns ?? ''}}`) as Partial<EventRow>
}

function tagged(source: string, medium: string): Partial<EventRow> {
  const query = new URLSearchParams({ utm_source: source, ...(medium === '' ? {} : { utm_medium: medium }) })
  return cameFrom(`/?${query.toString()}`)
}

describe('what ad tools write for a source is an ad of theirs', () => {
  test.each([
    ['Facebook_Right_Column', 'paidsocial', 'Paid Social'],
    ['Instagram_Explore_Grid_Home', 'paid', 'Paid Social'],
    ['an', 'paid', 'Paid Social'],
    ['msg', 'paid_social', 'Paid Social'],
    ['facebook.ads', '', 'Paid Social'],
    ['google.ads', '', 'Paid Search'],
    ['bing.cpc', '', 'Paid Search'],
    ['facebookpaid', '', 'Paid Social'],
    ['googlecpc', '', 'Paid Search'],
    ['adsgoogle', '', 'Paid Search'],
    ['linkedinsponsored', '', 'Paid Social'],
    ['pinterest_boosted', '', 'Paid Social'],
    ['yandex-direct', '', 'Paid Search'],
    ['yandex_direct', 'cpc', 'Paid Search'],
    ['taboola', 'referral', 'Paid Other'],
    ['outbrain', '', 'Paid Other'],
    ['criteo', 'display', 'Display'],
    ['google', 'demandgen', 'Paid Search'],
    ['google', 'performance-max', 'Paid Search'],
    ['google', 'Performance Max', 'Paid Search'],
    ['adobe', '', 'Unassigned'],
    ['an', '', 'Organic Social'],
    ['ads-team.example', 'referral', 'Referral'],
  ])('%s, medium "%s": %s', (source, medium, channel) => {
    expect(tagged(source, medium).channel).toBe(channel)
  })

  test.each([
    ['google-ads', 'email', 'Email'],
    ['linkedin-ads', 'affiliate', 'Affiliates'],
    ['facebook_ads', 'offline', 'Unassigned'],
  ])('%s, medium "%s", is no result or post that cost nothing: %s', (source, medium, channel) => {
    expect(tagged(source, medium).channel).toBe(channel)
  })
})

test.each([
  ['?ref_src=twsrc%5Etfw', 'Organic Social', 'twitter'],
  ['?ref_src=twsrc%5Etfw%7Ctwcamp%5Etweetembed', 'Organic Social', 'twitter'],
  ['?ref_src=sidebar', 'Direct', '(direct)'],
])('%s says whose page it was when there is no referrer: %s of %s', (query, channel, source) => {
  expect(cameFrom(`/${query}`)).toMatchObject({ channel, source })
})

test.each(['iterable', 'mailgun', 'mailpoet', 'postmark', 'lemlist', 'iterable-2024'])(
  '%s sends mails',
  (source) => {
    expect(tagged(source, '').channel).toBe('Email')
  },
)

describe('a mail is one on the screen', () => {
  test.each([
    ['emailblast', '', 'Email'],
    ['eblast_may', '', 'Email'],
    ['emailcampaign2', '', 'Email'],
    ['rundmail', '', 'Email'],
    ['email-marketing', '', 'Email'],
    ['newsletter.acme.example', '', 'Email'],
    ['sfmc', '', 'Email'],
    ['direct-mail', '', 'Unassigned'],
    ['direct-mail-newsletter', '', 'Email'],
    ['acme', 'email.weekly', 'Email'],
    ['postcard', 'direct_mail', 'Unassigned'],
    ['flyer', 'Direct Mail', 'Unassigned'],
    ['acme', 'voice-mail', 'Unassigned'],
  ])('%s, medium "%s": %s', (source, medium, channel) => {
    expect(tagged(source, medium).channel).toBe(channel)
  })

  test.each([
    'https://eu-central-1.protection.sophos.com/',
    'https://link.edgepilot.com/s/4f2',
    'https://protect2.fireeye.com/v1/url',
    'https://us01.l.antigena.com/l/x',
    'https://url.avanan.click/v2/x',
    'https://deref-mail.com/',
    'android-app://eu.faircode.email/',
    'android-app://com.motorola.email/',
  ])('%s stands before the links of mails', (referrer) => {
    expect(cameFrom('/', referrer).channel).toBe('Email')
  })

  test.each(['dm_i=4J5,1ABC', 'elqTrackId=12ab', 'vero_id=9', 'sfmc_sub=44'])(
    '%s is put into the links of mails',
    (query) => {
      expect(cameFrom(`/?${query}`).channel).toBe('Email')
    },
  )
})

describe('a page to sign in or to pay sent nobody, whoever runs it', () => {
  test.each([
    'https://acme.cloudflareaccess.com/',
    'https://d-9067.awsapps.com/start',
    'https://identity.acme-corp.example/',
    'https://iam.bigcorp.example/',
    'https://shibboleth.university.example/',
    'https://www.reddit.com/api/v1/authorize',
    'https://www.tiktok.com/v2/auth/authorize/',
    'https://shop.app/',
    'https://apay-us.amazon.com/',
    'https://checkout.tabby.ai/',
    'https://www.vivapayments.com/web/checkout',
    'https://sec.windcave.com/',
    'https://eu-prod.oppwa.com/',
    'https://secure.barion.com/',
    'https://mdepayments.epdq.co.uk/',
  ])('%s', (referrer) => {
    expect(cameFrom('/thanks', referrer).channel_rule).toBe('direct:internal-return')
  })

  test('the app that pays may send visitors too, by a link that says so', () => {
    expect(tagged('shop_app', '').channel).toBe('Organic Shopping')
  })
})

describe('a sub-domain of a shop or a network is not always its parent', () => {
  test.each([
    'https://affiliate-program.amazon.com/',
    'https://kdp.amazon.com/',
    'https://associates.amazon.de/',
    'https://seller-us.tiktok.com/',
    'https://creator.xiaohongshu.com/',
  ])('%s is a referral', (referrer) => {
    expect(cameFrom('/', referrer).channel).toBe('Referral')
  })
})

describe('assistants and apps that came later', () => {
  test.each([
    ['https://chat.lmsys.org/', 'AI Assistant', 'lmarena'],
    ['https://venice.ai/', 'AI Assistant', 'venice.ai'],
    ['https://metaso.cn/', 'AI Assistant', 'metaso'],
    ['android-app://me.proton.android.lumo/', 'AI Assistant', 'lumo'],
    ['android-app://im.vector.app/', 'Organic Social', 'element chat'],
    ['android-app://com.facebook.workchat/', 'Organic Social', 'facebook'],
    ['android-app://com.imo.android.imoim/', 'Organic Social', 'imo chat'],
  ])('%s is %s, from %s', (referrer, channel, source) => {
    expect(cameFrom('/', referrer)).toMatchObject({ channel, source })
  })
})

describe('a link that was put together wrongly is read as it was meant', () => {
  test.each([
    '/pricing&utm_source=google&utm_medium=cpc',
    '/pricing;utm_source=google;utm_medium=cpc',
    '/pricing&utm_source=google?utm_medium=cpc',
    '/pricing?utm_source=google%3Futm_medium=cpc',
    '/pricing?utm_source=google%26utm_medium=cpc',
    '/pricing?utm_source=google&#038;utm_medium=cpc',
    '/pricing?utm_source=google&#x26;utm_medium=cpc',
    '/pricing?utm_source=google,&utm_medium=cpc.',
    '/pricing?utm_source=google"&utm_medium=cpc%3E',
  ])('%s', (path) => {
    expect(cameFrom(path)).toMatchObject({ source: 'google', medium: 'cpc', path: '/pricing' })
  })

  test.each(['/a&b', '/r&d_utm=1', '/books;author_name=x'])('%s is a path', (path) => {
    expect(cameFrom(path)).toMatchObject({ path, channel: 'Direct' })
  })
})

describe('a source that says what it is needs no medium, and has no say beside one', () => {
  test.each([
    ['sms_spring', '', 'SMS'],
    ['attentive', '', 'SMS'],
    ['Twilio-2026', '', 'SMS'],
    ['web-push', '', 'Mobile Push Notifications'],
    ['pushengage', '', 'Mobile Push Notifications'],
    ['tradedoubler', '', 'Affiliates'],
    ['affiliate-jane', '', 'Affiliates'],
    ['podcast_ep12', '', 'Audio'],
    ['twilio', 'email', 'Email'],
    ['awin', 'cpc', 'Paid Other'],
    ['podcast', 'referral', 'Referral'],
    ['pushkin', '', 'Unassigned'],
    ['smsh', '', 'Unassigned'],
  ])('%s, medium "%s": %s', (source, medium, channel) => {
    expect(tagged(source, medium).channel).toBe(channel)
  })
})

test.each([
  ['?bd_vid=8', 'Paid Search', 'baidu'],
  ['?qhclickid=ab', 'Paid Search', '360'],
  ['?n_media=27758&n_rank=1', 'Paid Search', 'naver'],
  ['?ranSiteID=x-y', 'Affiliates', 'linkshare'],
])('%s is %s of %s', (query, channel, source) => {
  expect(cameFrom(`/${query}`)).toMatchObject({ channel, source })
})

describe('what stands for a referrer is read as the website it names, or as none', () => {
  test.each([
    'moz-extension://x.com/popup.html',
    'chrome-extension://google.com/',
    'safari-web-extension://4F-2A/',
    'capacitor://localhost/',
    'ionic://facebook.com/',
    'app://bing.com/',
    'file://google.com/share/a.html',
    'ftp://reddit.com/',
  ])('%s is nobody’s website', (referrer) => {
    expect(cameFrom('/', referrer)).toMatchObject({ channel_rule: 'direct:none', referrer })
    expect(cameFrom('/', referrer).referrer_host).toBeUndefined()
  })

  test.each([
    ['https://www.bing.com./', 'Organic Search', 'bing'],
    ['https://duckduckgo.com.:443/', 'Organic Search', 'duckduckgo'],
    ['https://my-shop.example./', 'Direct', '(direct)'],
    ['HTTP://Reddit.com/', 'Organic Social', 'reddit'],
    ['ios-app://com.apple.mobilemail', 'Referral', 'com.apple.mobilemail'],
  ])('%s is %s, from %s', (referrer, channel, source) => {
    expect(cameFrom('/', referrer)).toMatchObject({ channel, source })
  })
})

test.each([
  ['https://safesearch.avira.com/', 'Organic Search', 'avira'],
  ['https://results.searchlock.com/', 'Organic Search', 'searchlock'],
  ['https://search.zum.com/search.zum', 'Organic Search', 'zum'],
  ['https://t.sidekickopen04.com/e1t/c/5/x', 'Email', 'hubspot email'],
  ['https://clerk.acme-corp.example/', 'Direct', '(direct)'],
  ['https://r4.girogate.de/ti/simpleredir', 'Direct', '(direct)'],
])('%s is %s, from %s', (referrer, channel, source) => {
  expect(cameFrom('/', referrer)).toMatchObject({ channel, source })
})
