/**
 * Where visits came from, by addresses and referrers as they occur in the wild: each table is a kind of mistake
 * that was made once.
 */
import { describe, expect, test } from 'vitest'
import type { EventRow } from '../../log/event-row.js'
import { visitOf, type Campaign } from './visit.js'

function cameFrom(url: string, referrer = '', campaign?: Partial<Campaign>): Partial<EventRow> {
  const own = campaign && { source: '', medium: '', name: '', term: '', content: '', ...campaign }
  const visit = visitOf({ url, search: '', referrer, campaign: own, app: '' })
  return JSON.parse(`{"_":0${visit?.channelColumns ?? ''}${visit?.columns ?? ''}}`) as Partial<EventRow>
}
const site = 'https://shop.example/'

describe('a sub-domain may be something else than its parent', () => {
  test.each([
    ['https://docs.google.com/document/d/1', 'Referral', 'docs.google.com'],
    ['https://drive.google.com/', 'Referral', 'drive.google.com'],
    ['https://meet.google.com/', 'Referral', 'meet.google.com'],
    ['https://translate.google.com/', 'Referral', 'translate.google.com'],
    ['https://calendar.google.co.uk/', 'Referral', 'calendar.google.co.uk'],
    ['https://sites.google.com/', 'Referral', 'sites.google.com'],
    ['https://ads.google.com/', 'Referral', 'ads.google.com'],
    ['https://analytics.google.com/', 'Referral', 'analytics.google.com'],
    ['https://play.google.com/', 'Referral', 'play.google.com'],
    ['https://finance.yahoo.com/', 'Referral', 'finance.yahoo.com'],
    ['https://disk.yandex.ru/', 'Referral', 'disk.yandex.ru'],
    ['https://pan.baidu.com/', 'Referral', 'pan.baidu.com'],
    ['https://aws.amazon.com/', 'Referral', 'aws.amazon.com'],
    ['https://sellercentral.amazon.de/', 'Referral', 'sellercentral.amazon.de'],
    ['https://developers.facebook.com/', 'Referral', 'developers.facebook.com'],
    ['https://ads.tiktok.com/', 'Referral', 'ads.tiktok.com'],
    ['https://docs.github.com/', 'Referral', 'docs.github.com'],
    ['https://business.facebook.com/', 'Referral', 'business.facebook.com'],
    ['https://studio.youtube.com/', 'Referral', 'studio.youtube.com'],
    ['https://help.shopify.com/', 'Referral', 'help.shopify.com'],
    ['https://platform.openai.com/', 'Referral', 'platform.openai.com'],
    ['https://mail.yahoo.com/', 'Email', 'yahoo mail'],
    ['https://mail.yandex.com.tr/', 'Email', 'yandex mail'],
    ['https://groups.google.com/', 'Organic Social', 'google groups'],
    ['https://tieba.baidu.com/', 'Organic Social', 'tieba'],
    ['https://cafe.naver.com/', 'Organic Social', 'naver blog'],
    ['https://shopping.google.de/', 'Organic Shopping', 'google shopping'],
    ['https://market.yandex.ru/', 'Organic Shopping', 'yandex market'],
    ['https://images.google.co.jp/', 'Organic Search', 'google'],
    ['https://news.google.com/', 'Organic Search', 'google'],
    ['https://de.search.yahoo.com/', 'Organic Search', 'yahoo'],
    ['https://www.google.com.br/', 'Organic Search', 'google'],
    ['https://m.search.naver.com/', 'Organic Search', 'naver'],
    ['https://lm.facebook.com/', 'Organic Social', 'facebook'],
    ['https://smile.amazon.co.uk/', 'Organic Shopping', 'amazon'],
    ['https://webmail.telia.example/', 'Email', 'webmail.telia.example'],
    ['https://deref-gmx.net/', 'Email', 'gmx'],
  ])('%s is %s, from %s', (referrer, channel, source) => {
    expect(cameFrom(site, referrer)).toMatchObject({ channel, source })
  })
})

describe('a page to sign in or to pay sent nobody: the visit keeps its channel', () => {
  test.each([
    'https://accounts.google.com/',
    'https://accounts.google.de/',
    'https://pay.google.com/',
    'https://login.yahoo.com/',
    'https://login.microsoftonline.com/common/oauth2/v2.0/authorize',
    'https://login.live.com/',
    'https://appleid.apple.com/',
    'https://github.com/login/oauth/authorize?client_id=1',
    'https://github.com/login',
    'https://www.facebook.com/v19.0/dialog/oauth',
    'https://www.facebook.com/login.php',
    'https://www.linkedin.com/oauth/v2/authorization',
    'https://www.linkedin.com/uas/login',
    'https://twitter.com/i/oauth2/authorize',
    'https://x.com/i/flow/login',
    'https://discord.com/oauth2/authorize',
    'https://www.amazon.com/ap/signin',
    'https://pay.amazon.co.uk/',
    'https://acme.okta.com/',
    'https://acme.eu.auth0.com/',
    'https://tenant.b2clogin.com/',
    'https://pool.auth.eu-west-1.amazoncognito.com/',
    'https://keycloak.acme-corp.example/realms/x/protocol/openid-connect/auth',
    'https://sso.university.example/',
    'https://adfs.bigcorp.example/adfs/ls/',
    'https://www.paypal.com/',
    'https://checkout.stripe.com/',
    'https://hooks.stripe.com/',
    'https://checkoutshopper-live.adyen.com/',
    'https://payments.klarna.com/',
    'https://www.mollie.com/',
    'https://secure.payu.com/',
    'https://secure.przelewy24.pl/',
    'https://acs.bank.example/',
    'https://3ds2.issuer.example/',
    'https://checkout.shopify.com/',
    'https://api.razorpay.com/',
    'android-app://com.google.android.gms/',
    'android-app://com.paypal.android.p2pmobile/',
  ])('%s', (referrer) => {
    const visit = cameFrom(`${site}thanks`, referrer)
    expect(visit).toMatchObject({ channel: 'Direct', channel_rule: 'direct:internal-return' })
    expect(visit.source).toBe('(direct)')
  })

  test.each([
    `${site}callback?code=4%2F0AdQt8qhTf1&state=af0ifjsldkj`,
    `${site}auth?oauth_token=NPcudxy0yU5T3tBzho7iCotZ3cnetKwcTIRlX0iwRl0&oauth_verifier=uw7NjWHT6OJ1M`,
    `${site}done?payment_intent=pi_1&redirect_status=succeeded`,
    `${site}done?token=EC-60U79048BN7719609&PayerID=7E7MGXCWTTKK2`,
  ])('an answer of theirs in the address says so as well: %s', (url) => {
    expect(cameFrom(url, 'https://github.com/').channel_rule).toBe('direct:internal-return')
  })

  test.each([
    ['https://github.com/acme/tool', 'Organic Social'],
    ['https://dev.example/blog/oauth/', 'Referral'],
    ['https://forum.example/tags/login', 'Referral'],
    ['https://id.pinterest.com/', 'Organic Social'],
    ['https://payments-news.example/', 'Referral'],
    ['https://blog.example/connect/', 'Referral'],
  ])('%s is no such page', (referrer, channel) => {
    expect(cameFrom(site, referrer).channel).toBe(channel)
  })

  test('a campaign counts, wherever the page before it was', () => {
    expect(
      cameFrom(`${site}?utm_source=paypal&utm_medium=affiliate`, 'https://www.paypal.com/').channel,
    ).toBe('Affiliates')
    expect(cameFrom(`${site}?code=SPRING&state=NY`, 'https://www.google.com/').channel).toBe('Organic Search')
  })
})

describe('parameters that Google Ads leaves where there is no gclid', () => {
  test.each([
    '?gad_source=1',
    '?gad_source=5&gad_campaignid=21404',
    '?gad_campaignid=9',
    '?wbraid=Cj8KCQ',
    '?gbraid=0AAAA',
    '?GAD_Source=1&srsltid=AfmBO',
  ])('%s is Paid Search', (query) => {
    expect(cameFrom(site + query, 'https://www.google.com/')).toMatchObject({
      channel: 'Paid Search',
      source: 'google',
      medium: 'cpc',
    })
  })

  test('a gclid beside them is the click id that is kept', () => {
    expect(cameFrom(`${site}?gad_source=1&gclid=Cj0K`)).toMatchObject({
      click_id_kind: 'gclid',
      click_id: 'Cj0K',
    })
  })
})

describe('a campaign that gives only a medium', () => {
  test.each([
    ['?utm_medium=paid', 'https://www.bing.com/', 'Paid Search', 'bing'],
    ['?utm_medium=cpc', 'https://duckduckgo.com/', 'Paid Search', 'duckduckgo'],
    ['?utm_medium=paid-social', 'https://l.instagram.com/', 'Paid Social', 'instagram'],
    ['?utm_medium=paid&fbclid=x', '', 'Paid Social', 'facebook'],
    ['?utm_medium=ppc&msclkid=x', 'https://partner.example/', 'Paid Search', 'bing'],
    ['?utm_medium=paid', 'https://m.youtube.com/', 'Paid Video', 'youtube'],
    ['?utm_medium=paid', 'https://partner.example/', 'Paid Other', 'partner.example'],
    ['?utm_medium=paid', '', 'Paid Other', '(not set)'],
    ['?utm_medium=paid', 'https://www.shop.example/a', 'Paid Other', '(not set)'],
    ['?utm_medium=paid', 'https://accounts.google.com/', 'Paid Other', '(not set)'],
    ['?utm_medium=email', 'https://mail.google.com/', 'Email', 'gmail'],
  ])('%s from "%s" is %s, by %s', (query, referrer, channel, source) => {
    expect(cameFrom(site + query, referrer)).toMatchObject({ channel, source })
  })
})

describe('links are read as they were meant', () => {
  const paid = { channel: 'Paid Search', source: 'google', medium: 'cpc' }
  test.each([
    ['?utm%5Fsource=google&utm%5Fmedium=cpc', paid],
    ['?%75tm_source=google&utm_medium%20=cpc', paid],
    ['?utm_source=google&amp;utm_medium=cpc', paid],
    ['?utm_source=google&amp;amp;utm_medium=cpc', paid],
    ['?utm_source=google&amp%3Butm_medium=cpc', paid],
    ['?utm_source=google&#38;utm_medium=cpc', paid],
    ['?utm_source=google;utm_medium=cpc', paid],
    ['?utm_source=google?utm_medium=cpc', paid],
    ['?utm_source%3Dgoogle%26utm_medium%3Dcpc', paid],
    ['?utm_source=+google+&utm_medium=%C2%A0cpc%20', paid],
    ['?utm_source=%E2%80%8Bgoogle&utm_medium=cpc', paid],
    ['?utm_source=GOOGLE&utm_medium=CPC', paid],
    ['#utm_source=google&utm_medium=cpc', paid],
    ['#/pricing?utm_source=google&utm_medium=cpc', paid],
    ['#!/a/b?x=1&utm_source=google&utm_medium=cpc', paid],
    ['?a=1#/app?gclid=abc', { ...paid, click_id: 'abc' }],
    ['?utm_source=google&utm_medium=null&gclid=x', paid],
    ['?utm_source=undefined&utm_medium=cpc&gclid=x', paid],
    ['?utm_source={{site_source_name}}&utm_medium=cpc&gclid=x', paid],
    ['?utm_source=bing#?utm_source=google', { source: 'bing' }],
    ['?utm_content=a;b&utm_source=x.example', { content: 'a;b' }],
    ['?utm_source=Google&utm_campaign=Spring%20Sale', { source: 'google', campaign: 'Spring Sale' }],
  ])('%s', (query, expected) => {
    expect(cameFrom(site + query)).toMatchObject(expected)
  })

  test.each([
    'null',
    'undefined',
    'None',
    '(not set)',
    'NaN',
    '%20',
    '[object%20Object]',
    '__CID__',
    '-',
    '%7Bnetwork%7D',
  ])('a source %s is none: the referrer says where the visit came from', (value) => {
    const url = `${site}?utm_source=${value}&utm_medium=${value}&utm_campaign=${value}`
    const visit = cameFrom(url, 'https://www.ecosia.org/')
    expect(visit).toMatchObject({ channel: 'Organic Search', source: 'ecosia' })
    expect(visit.campaign ?? '').toBe('')
  })

  test('a campaign that an SDK read is held to the same', () => {
    const url = `${site}?utm_source=bing&utm_medium=cpc`
    expect(cameFrom(url, '', { source: ' null ', medium: 'undefined', name: 'Brand ' })).toMatchObject({
      channel: 'Paid Search',
      source: 'bing',
      campaign: 'Brand',
    })
    expect(cameFrom(site, '', { source: ' FACEBOOK\u200b', medium: ' Paid_Social ' })).toMatchObject({
      channel: 'Paid Social',
      source: 'facebook',
    })
  })

  test('a landing address of 12,000 characters keeps its campaign', () => {
    const url = `${site}?utm_source=google&utm_medium=cpc&pad=${'x'.repeat(12_000)}&utm_campaign=late`
    expect(cameFrom(url)).toMatchObject({ ...paid, campaign: 'late', url })
  })
})

describe('a source that says what it is by a part of its name', () => {
  test.each([
    ['linkedin-ads', '', 'Paid Social'],
    ['linkedin_ads', 'social', 'Paid Social'],
    ['bing_ads', '', 'Paid Search'],
    ['pinterest_ad', '', 'Paid Social'],
    ['x-ads', '', 'Paid Social'],
    ['facebookads', '', 'Paid Social'],
    ['fb-ads', '', 'Paid Social'],
    ['meta ads', '', 'Paid Social'],
    ['googleads', '', 'Paid Search'],
    ['google-adwords', '', 'Paid Search'],
    ['AdWords', '', 'Paid Search'],
    ['microsoft_ads', '', 'Paid Search'],
    ['youtube-ads-de', '', 'Paid Video'],
    ['tiktok_ads', 'referral', 'Paid Social'],
    ['amazon-ads', '', 'Paid Shopping'],
    ['google-shopping-ads', '', 'Paid Shopping'],
    ['ads-reddit', '', 'Paid Social'],
    ['quora ad', '', 'Paid Social'],
    ['reddit-promoted', '', 'Paid Social'],
    ['linkedin_sponsored', 'inmail', 'Paid Social'],
    ['google-cpc', '', 'Paid Search'],
    ['meta paid', 'story', 'Paid Social'],
    ['producthunt', '', 'Organic Social'],
    ['stackoverflow', '', 'Organic Social'],
    ['partner_ads', '', 'Paid Other'],
    ['google-ads', 'display', 'Display'],
    ['google-display', '', 'Display'],
    ['gdn', 'cpc', 'Display'],
    ['programmatic_de', 'paid', 'Display'],
    ['display-newsletter', 'email', 'Email'],
    ['house-ad', 'email', 'Email'],
    ['linkedin', 'ads', 'Paid Social'],
    ['facebook', 'social-ad', 'Paid Social'],
    ['newsletter-de', '', 'Email'],
    ['mail_2024', '', 'Email'],
    ['weekly newsletter', '', 'Email'],
    ['Newsletter2025', '', 'Email'],
    ['e-mail-fr', '', 'Email'],
    ['kundennewsletter', '', 'Email'],
    ['mailing-q3', '', 'Email'],
    ['mailchimp', '', 'Email'],
    ['klaviyo_welcome', 'email', 'Email'],
    ['brand', 'email-weekly', 'Email'],
    ['newsletter-de', 'cpc', 'Paid Other'],
    ['facebook_de', '', 'Organic Social'],
    ['linkedin-company-page', '', 'Organic Social'],
    ['ig-story', '', 'Organic Social'],
    ['google_2024', 'cpc', 'Paid Search'],
    ['youtube-channel', '', 'Organic Video'],
    ['tiktok', '', 'Organic Social'],
    ['tiktok', 'paid', 'Paid Social'],
    ['https://www.google.com/', 'cpc', 'Paid Search'],
    ['m.facebook.com', '', 'Organic Social'],
    ['thread-lead', '', 'Unassigned'],
    ['dailymail.co.uk', '', 'Unassigned'],
    ['target-list', '', 'Unassigned'],
    ['x-media', '', 'Unassigned'],
    ['uploads', '', 'Unassigned'],
  ])('%s, medium "%s": %s', (source, medium, channel) => {
    const query = new URLSearchParams({
      utm_source: source,
      ...(medium === '' ? {} : { utm_medium: medium }),
    })
    expect(cameFrom(`${site}?${String(query)}`).channel).toBe(channel)
  })

  test.each(['?ttclid=E.C.P.v3', '?utm_source=tiktok&utm_medium=cpc', '?utm_medium=paid&ttclid=1'])(
    'TikTok is social: %s',
    (query) => {
      expect(cameFrom(site + query).channel).toBe('Paid Social')
    },
  )
})

describe('apps and assistants', () => {
  test.each([
    ['android-app://com.microsoft.office.outlook/', 'Email', 'outlook'],
    ['android-app://com.yahoo.mobile.client.android.mail', 'Email', 'yahoo mail'],
    ['android-app://ch.protonmail.android/', 'Email', 'proton mail'],
    ['android-app://com.samsung.android.email.provider', 'Email', 'samsung email'],
    ['android-app://com.fsck.k9/', 'Email', 'k-9 mail'],
    ['android-app://com.Slack/', 'Organic Social', 'slack'],
    ['android-app://com.linkedin.android/', 'Organic Social', 'linkedin'],
    ['android-app://com.whatsapp/', 'Organic Social', 'whatsapp'],
    ['android-app://com.facebook.katana/', 'Organic Social', 'facebook'],
    ['android-app://com.instagram.barcelona/', 'Organic Social', 'threads'],
    ['android-app://com.reddit.frontpage/', 'Organic Social', 'reddit'],
    ['android-app://com.zhiliaoapp.musically/', 'Organic Social', 'tiktok'],
    ['android-app://org.telegram.messenger/', 'Organic Social', 'telegram'],
    ['android-app://com.microsoft.teams/', 'Organic Social', 'teams'],
    ['android-app://jp.naver.line.android', 'Organic Social', 'line'],
    ['android-app://org.thoughtcrime.securesms/', 'Organic Social', 'signal'],
    ['android-app://com.google.android.youtube/', 'Organic Video', 'youtube'],
    [
      'android-app://com.google.android.googlequicksearchbox/https/www.google.com',
      'Organic Search',
      'google',
    ],
    ['android-app://com.duckduckgo.mobile.android/', 'Organic Search', 'duckduckgo'],
    ['android-app://com.microsoft.bing/', 'Organic Search', 'bing'],
    ['android-app://com.amazon.mShop.android.shopping/', 'Organic Shopping', 'amazon'],
    ['android-app://com.openai.chatgpt/', 'AI Assistant', 'chatgpt'],
    ['android-app://ai.perplexity.app.android/', 'AI Assistant', 'perplexity'],
    ['android-app://com.google.android.apps.bard/', 'AI Assistant', 'gemini'],
    ['android-app://com.example.reader/', 'Referral', 'com.example.reader'],
    ['https://claude.com/', 'AI Assistant', 'claude'],
    ['https://aistudio.google.com/', 'AI Assistant', 'gemini'],
    ['https://edgeservices.bing.com/', 'AI Assistant', 'copilot'],
    ['https://m365.cloud.microsoft/', 'AI Assistant', 'copilot'],
    ['https://grok.com/', 'AI Assistant', 'grok'],
    ['https://chat.mistral.ai/', 'AI Assistant', 'mistral'],
    ['https://chat.qwen.ai/', 'AI Assistant', 'qwen'],
    ['https://yiyan.baidu.com/', 'AI Assistant', 'ernie'],
    ['https://www.meta.ai/', 'AI Assistant', 'meta ai'],
    ['https://lumo.proton.me/', 'AI Assistant', 'lumo'],
    ['https://www.wish.com/', 'Organic Shopping', 'wish'],
  ])('%s is %s, from %s', (referrer, channel, source) => {
    expect(cameFrom(site, referrer)).toMatchObject({ channel, source })
  })
})
