/**
 * Visits that came by way of something: an ad's own host, a copy of a page, a scanner of mails, a link that was
 * passed on with somebody else's click id. Inputs as public reports about analytics of the web describe them.
 */
import { describe, expect, test } from 'vitest'
import type { EventRow } from '../../log/event-row.js'
import { agentOf } from './agent.js'
import { visitOf } from './visit.js'

function cameFrom(url: string, referrer = '', agent = ''): Partial<EventRow> {
  const { app } = agentOf(agent)
  const visit = visitOf({ url, search: '', referrer, campaign: undefined, app })
  return JSON.parse(`{"_":0${visit?.channelColumns ?? ''}${visit?.columns ?? ''}}`) as Partial<EventRow>
}
const site = 'https://www.my-shop.example/'

describe('an ad that lost its click id is still an ad', () => {
  test.each([
    ['https://googleads.g.doubleclick.net/', 'Display', 'google'],
    ['https://tpc.googlesyndication.com/', 'Display', 'google'],
    ['https://a1b2c3.safeframe.googlesyndication.com/', 'Display', 'google'],
    ['https://www.googleadservices.com/pagead/aclk', 'Paid Search', 'google'],
    ['https://syndicatedsearch.goog/', 'Paid Search', 'google'],
    ['https://www.google.de/aclk?sa=l', 'Paid Search', 'google'],
    ['https://www.bing.com/aclick', 'Paid Search', 'bing'],
    ['https://yabs.yandex.ru/count/x', 'Paid Search', 'yandex'],
    ['https://trc.taboola.com/', 'Paid Other', 'taboola'],
    ['https://paid.outbrain.com/network/redir', 'Paid Other', 'outbrain'],
    ['https://cat.nl3.eu.criteo.com/', 'Display', 'criteo.com'],
    ['https://www.awin1.com/cread.php', 'Affiliates', 'awin1.com'],
    ['https://click.linksynergy.com/', 'Affiliates', 'linksynergy.com'],
    ['https://doubleclick.example/', 'Referral', 'doubleclick.example'],
  ])('%s is %s of %s', (referrer, channel, source) => {
    expect(cameFrom(site, referrer)).toMatchObject({ channel, source })
  })
})

describe('a page that another host carries is the page of its site', () => {
  test.each([
    ['https://www-my--shop-example.cdn.ampproject.org/', 'direct:internal', '(direct)'],
    ['https://my--shop-example.translate.goog/pricing?_x_tr_tl=es', 'direct:internal', '(direct)'],
    ['https://cdn.ampproject.org/c/s/www.my-shop.example/amp/', 'direct:internal', '(direct)'],
    ['https://www-gizmodo-com.cdn.ampproject.org/', 'referral:referrer', 'gizmodo.com'],
    ['https://www-gizmodo-com.bing-amp.com/', 'referral:referrer', 'gizmodo.com'],
    ['https://www.google.com/amp/s/www.gizmodo.com/story', 'referral:referrer', 'gizmodo.com'],
    ['https://www-reddit-com.translate.goog/r/x', 'organic-social:referrer', 'reddit'],
    ['https://cdn.ampproject.org/', 'referral:referrer', 'cdn.ampproject.org'],
    ['https://webcache.googleusercontent.com/search', 'organic-search:referrer', 'google'],
  ])('%s is %s, from %s', (referrer, rule, source) => {
    expect(cameFrom(site, referrer)).toMatchObject({ channel_rule: rule, source })
  })

  test('a translated page that leads to the next is no referral, and its address stays as it was', () => {
    const page = 'https://www-my--shop-example.translate.goog/b?_x_tr_sl=en'
    expect(cameFrom(page, 'https://www.my-shop.example/a')).toMatchObject({
      channel_rule: 'direct:internal',
      host: 'www-my--shop-example.translate.goog',
    })
  })
})

describe('who runs a known program, or stands before a mail’s links, is known', () => {
  test.each([
    ['https://mastodon.xyz/', 'Organic Social', 'mastodon.xyz'],
    ['https://bildung.social/@jana', 'Organic Social', 'bildung.social'],
    ['https://lemmy.ca/', 'Organic Social', 'lemmy.ca'],
    ['https://searx.be/', 'Organic Search', 'searx.be'],
    ['https://api.whatsapp.com/send', 'Organic Social', 'whatsapp'],
    ['https://l.wl.co/', 'Organic Social', 'whatsapp'],
    ['https://gate.sc/', 'Organic Social', 'soundcloud'],
    ['http://lemoteur.orange.fr/?kw=test', 'Organic Search', 'orange search'],
    ['https://urldefense.com/v3/__https://my-shop.example', 'Email', 'proofpoint'],
    ['https://protect-us.mimecast.com/s/x', 'Email', 'mimecast'],
    ['https://gate.gopay.cz/', 'Direct', '(direct)'],
    ['https://secure.paywithpaypal.com/', 'Direct', '(direct)'],
    ['https://tagassistant.google.com/', 'Direct', '(direct)'],
    ['https://social.example/', 'Referral', 'social.example'],
  ])('%s is %s, from %s', (referrer, channel, source) => {
    expect(cameFrom(site, referrer)).toMatchObject({ channel, source })
  })
})

describe('a medium is read by its words, however they are joined', () => {
  test.each([
    ['acme', 'social_media', 'Organic Social'],
    ['acme', 'Organic-Social', 'Organic Social'],
    ['acme', 'socialmedia', 'Organic Social'],
    ['linkedin', 'social-paid', 'Paid Social'],
    ['acme', 'affiliate_link', 'Affiliates'],
    ['spotify', 'podcast', 'Audio'],
    ['klaviyo', 'sms', 'SMS'],
    ['klaviyo', 'web-push', 'Mobile Push Notifications'],
    ['klaviyo', 'flow', 'Email'],
    ['google', 'sem', 'Paid Search'],
    ['google', 'pmax', 'Paid Search'],
    ['acme', 'remarketing', 'Paid Other'],
    ['acme', 'programmatic', 'Display'],
    ['taboola', 'native', 'Paid Other'],
    ['google', '"cpc"', 'Paid Search'],
    ['“google”', 'cpc/', 'Paid Search'],
    ['acme', 'unpaid', 'Unassigned'],
    ['acme', 'antisocial', 'Unassigned'],
  ])('%s / %s is %s', (source, medium, channel) => {
    const query = new URLSearchParams({ utm_source: source, utm_medium: medium })
    expect(cameFrom(`${site}?${query.toString()}`).channel).toBe(channel)
  })
})

describe('a click id that was copied along does not make a post or a newsletter an ad', () => {
  test.each([
    ['utm_source=linkedin&gclid=abc', 'Organic Social', '(not set)'],
    ['utm_source=newsletter&gclid=abc', 'Email', '(not set)'],
    ['utm_source=chatgpt.com&msclkid=abc', 'AI Assistant', '(not set)'],
    ['utm_source=linkedin&utm_medium=social&gclid=abc', 'Organic Social', 'social'],
    ['utm_source=linkedin&li_fat_id=abc', 'Paid Social', 'paid'],
    ['utm_source=youtube&gclid=abc', 'Paid Video', 'cpc'],
    ['utm_source=yahoo&msclkid=abc', 'Paid Search', 'cpc'],
    ['utm_source=acme&gclid=abc', 'Paid Other', 'cpc'],
  ])('%s is %s', (query, channel, medium) => {
    expect(cameFrom(`${site}?${query}`)).toMatchObject({ channel, medium })
  })
})

describe('a campaign is read from links of other tools and from links that were encoded again', () => {
  test.each([
    [
      'mtm_campaign=spring&mtm_source=google&mtm_medium=cpc&mtm_kwd=shoes',
      'google',
      'cpc',
      'spring',
      'shoes',
    ],
    ['pk_source=newsletter&pk_medium=email&pk_cpn=may', 'newsletter', 'email', 'may', ''],
    ['mtm_source=matomo&utm_source=google&utm_medium=cpc', 'google', 'cpc', '', ''],
    ['utm_source=google%26utm_medium%3Dcpc%26utm_campaign%3Dmay', 'google', 'cpc', 'may', ''],
    ['utm_source=no%2520code%2520founders&utm_medium=referral', 'no code founders', 'referral', '', ''],
    ['utm_source=R%26D&utm_medium=email', 'r&d', 'email', '', ''],
    ['utm_source=acme&utm_medium=email&utm_campaign=100%25', 'acme', 'email', '100%', ''],
    ['utm_source=caf%25C3%25A9&utm_medium=email', 'café', 'email', '', ''],
    ['utm_source=google%20%2F%20cpc', 'google', 'cpc', '', ''],
    ['utm_source=Facebook/Paid-Social&utm_campaign=may', 'facebook', 'paid-social', 'may', ''],
    ['utm-source=google&utm.medium=cpc', 'google', 'cpc', '', ''],
    ['utm_source[]=google&utm_medium[0]=cpc', 'google', 'cpc', '', ''],
  ])('%s', (query, source, medium, campaign, term) => {
    const read = cameFrom(`${site}?${query}`)
    expect({ campaign: '', term: '', ...read }).toMatchObject({ source, medium, campaign, term })
  })
})

const android =
  'Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/UQ1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0'
const chrome = `${android} Chrome/120.0.6099.144 Mobile Safari/537.36`
const iphone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/21C62'

describe('a page in the browser of an app that sends no referrer came from that app', () => {
  test.each([
    [
      `${iphone} Instagram 312.0.1.19.124 (iPhone15,2; iOS 17_2; de_DE; de; scale=3.00; 1179x2556)`,
      'instagram',
    ],
    [
      `${chrome} Instagram 311.0.0.32.118 Android (34/14; 420dpi; 1080x2400; Google/google; Pixel 8)`,
      'instagram',
    ],
    [`${iphone} Barcelona 289.0.0.77.109 (iPhone14,5; iOS 17_2; en_US)`, 'threads'],
    [`${iphone} [FBAN/FBIOS;FBAV/443.0.0.23.225;FBBV/544967446;FBDV/iPhone14,5;FBMD/iPhone]`, 'facebook'],
    [`${chrome} [FB_IAB/FB4A;FBAV/445.0.0.34.118;]`, 'facebook'],
    [`${chrome} [FB_IAB/Orca-Android;FBAV/440.0.0.20.109;]`, 'facebook'],
    [`${iphone} [LinkedInApp]/9.29.6285`, 'linkedin'],
    [
      `${chrome} trill_320505 JsSdk/1.0 NetType/WIFI Channel/googleplay AppName/trill app_version/32.5.5`,
      'tiktok',
    ],
    [`${iphone} musical_ly_32.5.0 JsSdk/2.0 NetType/WIFI BytedanceWebview/d8a21c6`, 'tiktok'],
    [`${iphone} Safari Line/13.20.0`, 'line'],
    [`${iphone} Safari/604.1 Snapchat/12.66.0.30 (like Safari/8617.1.17, panda)`, 'snapchat'],
    [`${iphone} [Pinterest/iOS]`, 'pinterest'],
    [`${iphone} Twitter for iPhone/10.22`, 'twitter'],
    [`${chrome} TwitterAndroid`, 'twitter'],
    [`${iphone} MicroMessenger/8.0.44(0x18002c2f) NetType/WIFI Language/zh_CN`, 'wechat'],
    [`${chrome} KAKAOTALK/10.4.8 (INAPP)`, 'kakao'],
    [`${iphone} Zalo iOS/541 ZaloTheme/light`, 'zalo'],
  ])('%s', (agent, source) => {
    expect(cameFrom(site, '', agent)).toMatchObject({
      channel: 'Organic Social',
      channel_rule: 'organic-social:app',
      source,
    })
  })

  test.each([
    ['the referrer says', site, 'https://news.example/', 'Referral'],
    ['the site itself sent them on', `${site}b`, site, 'Direct'],
    ['the campaign says', `${site}?utm_source=newsletter&utm_medium=email`, '', 'Email'],
    ['the click id says', `${site}?gclid=abc`, '', 'Paid Search'],
  ])('but where %s, that counts', (_, url, referrer, channel) => {
    expect(cameFrom(url, referrer, `${iphone} [LinkedInApp]/9.29.6285`)).toMatchObject({ channel })
  })

  test('a campaign with a medium alone has the app for its source', () => {
    const agent = `${iphone} Instagram 312.0.1.19.124 (iPhone15,2)`
    expect(cameFrom(`${site}?utm_medium=paid`, '', agent)).toMatchObject({
      source: 'instagram',
      channel: 'Paid Social',
    })
  })

  test.each([
    chrome,
    `${iphone} Version/17.2 Safari/604.1`,
    'Mozilla/5.0 (Linux; U; Android 13; zh-cn) AppleWebKit/537.36 Chrome/100.0 MQQBrowser/13.6 Mobile Safari/537.36',
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36',
  ])('%s is no app', (agent) => {
    expect(cameFrom(site, '', agent)).toMatchObject({ channel: 'Direct' })
  })
})

describe('a page that names its sender itself', () => {
  test.each([
    ['ref=producthunt', 'Organic Social', 'product hunt'],
    ['ref=news.ycombinator.com', 'Organic Social', 'hacker news'],
    ['source=newsletter', 'Email', 'newsletter'],
    ['source=linkedin-ads', 'Paid Social', 'linkedin-ads'],
    ['via=ChatGPT.com', 'AI Assistant', 'chatgpt'],
    ['ref=theresanaiforthat.com', 'Referral', 'theresanaiforthat.com'],
    ['ref=&source=reddit', 'Organic Social', 'reddit'],
  ])('%s came from there', (query, channel, source) => {
    expect(cameFrom(`${site}?${query}`)).toMatchObject({ channel, source })
  })

  test.each([
    'ref=nav_logo',
    'source=checkout',
    'via=jane',
    'ref=x',
    'source=target',
    'ref=main',
    'source=my-shop.example',
    'ref=12345',
    'source=web',
    'ref=style.css',
  ])('%s says nothing of it', (query) => {
    expect(cameFrom(`${site}?${query}`)).toMatchObject({ channel: 'Direct', source: '(direct)' })
  })

  test.each([
    ['a referrer', 'ref=producthunt', 'https://www.google.com/', 'Organic Search'],
    ['a campaign', 'ref=producthunt&utm_source=x&utm_medium=cpc', '', 'Paid Social'],
    ['the site itself', 'ref=producthunt', `${site}a`, 'Direct'],
  ])('and comes after %s', (_, query, referrer, channel) => {
    expect(cameFrom(`${site}?${query}`, referrer)).toMatchObject({ channel })
  })
})
