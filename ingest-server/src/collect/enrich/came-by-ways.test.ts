/**
 * Visits that came by way of something: an ad's own host, a copy of a page, a scanner of mails, a link that was
 * passed on with somebody else's click id. Inputs as public reports about analytics of the web describe them.
 */
import { describe, expect, test } from 'vitest'
import type { EventRow } from '../../log/event-row.js'
import { visitOf } from './visit.js'

function cameFrom(url: string, referrer = ''): Partial<EventRow> {
  const visit = visitOf({ url, search: '', referrer, campaign: undefined })
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
  ])('%s', (query, source, medium, campaign, term) => {
    const read = cameFrom(`${site}?${query}`)
    expect({ campaign: '', term: '', ...read }).toMatchObject({ source, medium, campaign, term })
  })
})
