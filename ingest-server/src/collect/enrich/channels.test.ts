import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { channelOf, channelRules } from './channels.js'
import { knownSource } from './known-sources.js'

/**
 * One case or more for each line of Google's table (support.google.com/analytics/answer/9756891, "Channels
 * for manual traffic"), in its order; what is ours is marked so.
 */
const cases: [rule: string, source: string, medium: string, campaign: string][] = [
  ['direct', '(direct)', '(none)', ''],
  ['direct', '(direct)', '(not set)', ''],
  ['cross-network', 'google', 'cpc', 'cross-network'],
  ['cross-network', 'anything', 'anything', 'Q3-Cross-Network-launch'],
  ['paid-shopping', 'amazon', 'cpc', ''],
  ['paid-shopping', 'walmart.com', 'paid', ''],
  ['paid-shopping', 'newsletter', 'ppc', 'spring shopping'],
  ['paid-shopping', 'newsletter', 'retargeting', 'shop now'],
  ['paid-search', 'google', 'cpc', ''],
  ['paid-search', 'bing', 'ppc', ''],
  ['paid-search', 'duckduckgo', 'paidsearch', ''],
  ['paid-search', 'yandex', 'retargeting', ''],
  ['paid-search', 'google', 'cpm', ''],
  ['paid-social', 'facebook', 'cpc', ''],
  ['paid-social', 'linkedin', 'paid-social', ''],
  ['paid-social', 'ig', 'paid', ''],
  ['paid-video', 'youtube', 'cpv_cpc', ''],
  ['paid-video', 'vimeo.com', 'paid', ''],
  ['display', 'dv360', 'display', ''],
  ['display', 'newsletter', 'banner', ''],
  ['display', 'x-media', 'expandable', ''],
  ['display', 'x-media', 'interstitial', ''],
  ['display', 'x-media', 'cpm', ''],
  ['paid-other', 'somewhere', 'cpc', ''],
  ['paid-other', 'somewhere', 'paid-placement', ''],
  ['paid-other', 'chatgpt.com', 'cpc', ''],
  ['ai-assistant', 'chatgpt.com', '(not set)', ''], // ours
  ['ai-assistant', 'perplexity', 'referral', ''], // ours
  ['ai-assistant', 'gemini.google.com', 'referral', ''], // ours
  ['ai-assistant', 'docs', 'ai-assistant', ''], // ours
  ['organic-shopping', 'ebay.co.uk', 'referral', ''],
  ['organic-shopping', 'newsletter', 'email', 'winter shopping'],
  ['organic-social', 'reddit.com', 'referral', ''],
  ['organic-social', 'brand', 'social', ''],
  ['organic-social', 'brand', 'social-network', ''],
  ['organic-social', 'brand', 'social-media', ''],
  ['organic-social', 'brand', 'sm', ''],
  ['organic-social', 'brand', 'social network', ''],
  ['organic-social', 'brand', 'social media', ''],
  ['organic-video', 'youtube.com', 'referral', ''],
  ['organic-video', 'brand', 'pre-roll video', ''],
  ['organic-search', 'google', 'organic', ''],
  ['organic-search', 'search.brand.example', 'organic', ''],
  ['referral', 'partner.example', 'referral', ''],
  ['referral', 'partner.example', 'app', ''],
  ['referral', 'partner.example', 'link', ''],
  ['email', 'email', '(not set)', ''],
  ['email', 'brand', 'email', ''],
  ['email', 'brand', 'e-mail', ''],
  ['email', 'e_mail', 'drip', ''],
  ['email', 'brand', 'e mail', ''],
  ['affiliates', 'impact', 'affiliate', ''],
  ['affiliates', 'impact', 'affiliates', ''],
  ['audio', 'spotify', 'audio', ''],
  ['sms', 'sms', 'outbound', ''],
  ['sms', 'twilio', 'sms', ''],
  ['mobile-push', 'braze', 'push', ''],
  ['mobile-push', 'braze', 'web-push', ''],
  ['mobile-push', 'braze', 'mobile-inbox', ''],
  ['mobile-push', 'braze', 'notification', ''],
  ['mobile-push', 'firebase', 'fcm', ''],
  ['email', 'newsletter', '(not set)', ''], // ours
  ['unassigned', 'flyer', '(not set)', ''],
  ['unassigned', 'brand', 'qr-code', 'launch'],
]

describe('channels', () => {
  test.each(cases)('%s: source %s, medium %s, campaign "%s"', (rule, source, medium, campaign) => {
    expect(channelOf({ source, medium, campaign }).id).toBe(rule)
    expect(channelOf({ source: source.toUpperCase(), medium: medium.toUpperCase(), campaign }).id).toBe(rule)
  })

  test('each rule has a case', () => {
    const covered = new Set(cases.map(([rule]) => rule))
    expect(channelRules.map(({ id }) => id).filter((id) => !covered.has(id))).toEqual([])
  })

  test('a campaign called "eshop" is no shopping, "shop" is', () => {
    // Google's expression leaves out words whose letter before "shop" is one of a-d, f-z.
    expect(channelOf({ source: 'brand', medium: 'x', campaign: 'workshop' }).id).toBe('unassigned')
    expect(channelOf({ source: 'brand', medium: 'x', campaign: 'eshop' }).id).toBe('organic-shopping')
  })
})

describe('known sources', () => {
  test.each([
    ['www.google.de', 'search', 'google'],
    ['google.co.uk', 'search', 'google'],
    ['mail.google.com', 'email', 'gmail'],
    ['gemini.google.com', 'ai', 'gemini'],
    ['shopping.google.com', 'shopping', 'google shopping'],
    ['l.facebook.com', 'social', 'facebook'],
    ['m.youtube.com', 'video', 'youtube'],
    ['t.co', 'social', 'twitter'],
    ['old.reddit.com', 'social', 'reddit'],
    ['yandex.com.tr', 'search', 'yandex'],
    ['search.yahoo.com', 'search', 'yahoo'],
    ['amazon.de', 'shopping', 'amazon'],
    ['chat.deepseek.com', 'ai', 'deepseek'],
    ['fb', 'social', 'facebook'],
    ['com.google.android.gm', 'email', 'gmail'],
  ])('%s is %s, shown as %s', (host, category, name) => {
    expect(knownSource(host)).toEqual({ category, name })
  })

  test.each([
    'notgoogle.com',
    'google.evil.example',
    'facebook.com.evil.example',
    'blog.x',
    'example.com',
    '',
    '.',
    'x.y.z',
  ])('%s is not known', (host) => {
    expect(knownSource(host)).toBeUndefined()
  })
})

test.each(['source-lists.ts', '../../identity/rules/shared-domains.ts'])(
  '%s says when it was last looked at, which is no time to come, and how to renew it',
  (file) => {
    const text = readFileSync(new URL(file, import.meta.url), 'utf8')
    const [, month = ''] = /last looked at: (\d{4}-\d\d)\b/i.exec(text) ?? []
    expect(new Date(month).getTime()).toBeLessThanOrEqual(Date.now())
    expect(text).toMatch(/^ \* .*To renew/m)
  },
)
