/**
 * What a utm_source says of itself: which known source it is, and whether it calls itself an ad or a newsletter.
 *
 *     linkedin-ads, bingads, reddit-promoted, adwords an ad, of what the rest names
 *     newsletter-de, mail_2024, e-mail weekly         a newsletter
 *     facebook_de, google 2024, ig-story              the source, and a suffix that people add to tell links apart
 *     https://www.google.com/, m.facebook.com         the source's address
 */
import { knownSource, longestName, type SourceCategory } from './known-sources.js'

export interface SourceReading {
  category: SourceCategory | undefined
  isAd: boolean
  isEmail: boolean
}

const set = (words: string): ReadonlySet<string> => new Set(words.trim().split(/\s+/))

const adWords = set(
  'ad ads adword adwords advert adverts advertising advertisement adv anzeige anzeigen werbung ' +
    'paid sponsored promoted boosted cpc ppc sem retargeting remarketing',
)
const emailWords = set('edm newsletter newsletters nl eblast rundbrief crm-mail serienmail kundenmail')
const emailShape =
  /^(?:(?:rund|info|werbe|mass)?e?mail(?:s|ing|ings|er|out|shot)?|e?mail(?:blast|campaign|marketing|list)s?|.*newsletters?.*)\d*$/
// Carried by a postman, or spoken.
const otherMail = /(?<![a-z])(?:direct|postal|snail|paper|voice)[\s_.-]*mail(?:s|ing|ings)?(?![a-z])/

const tellsOfEmail = (text: string) =>
  wordsIn(text.replace(otherMail, ' ')).some((word) => emailWords.has(word) || emailShape.test(word))

// Names that platforms' ads have of their own.
const adNames = new Map([
  ['adwords', 'google'],
  ['googleadwords', 'google'],
  ['gads', 'google'],
  ['pmax', 'google'],
  ['msads', 'bing'],
  ['microsoft', 'bing'],
  ['asa', 'apple search'],
  ['apple', 'apple search'],
  ['snap', 'snapchat'],
  ['meta', 'facebook'],
])
const alwaysAds = set(`
  adwords googleadwords gads pmax msads asa
  taboola outbrain zemanta criteo adroll mgid revcontent teads plista ligatus rtbhouse quantcast stackadapt thetradedesk
`)
// What Meta's {{site_source_name}} says, beside the names that people use too: Audience Network, Messenger, Threads.
const metaPlaces = set('an msg th')

// What people add to a name to tell their links apart: languages, numbers, quarters, places on the page.
const suffixShape = /^(?:[a-z]{2,3}|v?\d{1,8}|[hq]\d|\d{1,4}[a-z]{1,2})$/
const suffixWords = set(`
  post posts page pages group groups company story stories feed bio profile share dm reel reels organic app mobile
  desktop web lead leads leadgen campaign campaigns promo launch blog event webinar link emea apac latam dach b2b b2c
  spring summer autumn winter january february march april june july august september october november december
  main official brand personal business inmail message messages marketplace channel shorts linkinbio biolink
  right column explore grid home instream video overlay search comment comments tweet pin pins carousel
`)
// Plain words that are also somebody's name: with a suffix they are more likely the plain word.
const ambiguous = set(
  'x ok li line ask target medium wish buffer meta poe ted hn note band kick drip signal 360 gpt asa an msg th',
)

/** A plain word that is also somebody's name: alone it says nothing where nobody says that it is a source. */
export const isAmbiguous = (word: string): boolean => ambiguous.has(word)

export const nothingRead: SourceReading = { category: undefined, isAd: false, isEmail: false }

/** `source` in lower case. */
export function readSource(source: string): SourceReading {
  if (source.length > longestName) return nothingRead
  const text = addressIn(source).replace(yandexDirect, 'yandex ads')
  const known = alwaysAds.has(text) || endsAsAd.test(text) ? undefined : knownSource(text)
  if (known) return { category: known.category, isAd: false, isEmail: known.category === 'email' }
  if (metaPlaces.has(text)) return { category: 'social', isAd: false, isEmail: false }
  // Another host is no network and no ad, whatever words are in it.
  if (hostShape.test(text) && !endsAsAd.test(text))
    return { category: undefined, isAd: false, isEmail: tellsOfEmail(text) }
  return readWords(text.replace(endsAsAd, ' ads'))
}

const hostShape = /^(?:[a-z\d-]+\.)+[a-z]{2,}$/
// google.ads, facebook.paid: dots between words.
const endsAsAd = /\.(?:ads|paid|cpc|ppc)$/
// Its product's name, which holds no word for an ad.
const yandexDirect = /^yandex[\s_.-]?dire[ck]t/

const wordsIn = (text: string) => text.split(/[^\p{L}\p{N}.]+/u).filter((word) => word !== '')

function readWords(text: string): SourceReading {
  const words = wordsIn(text)
  const named = words.filter((word) => !adWords.has(word))
  const glued = named.length === 1 ? ofGluedAd(named[0] ?? '') : undefined
  const isAd = named.length < words.length || glued !== undefined || named.some((word) => alwaysAds.has(word))
  if (isAd) return { category: glued ?? categoryOfAd(named.length > 0 ? named : words), isAd, isEmail: false }
  const category = withoutSuffix(words)
  const isEmail = category === 'email' || tellsOfEmail(text)
  return { category, isAd, isEmail }
}

/** The host, where an address was written for a source. */
const addressIn = (source: string) =>
  source.includes('.') || source.includes('://')
    ? source.replace(/^[a-z-]+:\/\//, '').replace(/[/?#:].*$/s, '')
    : source

/** `facebookads`, `bingcpc`, `adsgoogle`. */
function ofGluedAd(word: string): SourceCategory | undefined {
  const [, before, after] = gluedAd.exec(word) ?? []
  const of = before ?? after
  return of === undefined ? undefined : categoryNamed(of)
}
const gluedAd =
  /^(.{2,}?)(?:ads?|paid|cpc|ppc|retargeting|remarketing|sponsored|promoted|boosted)$|^(?:ads|paid)(.{4,})$/

const categoryNamed = (name: string) => knownSource(adNames.get(name) ?? name)?.category

/** What an ad is of: the longest known name that its words begin with, else any of them. */
function categoryOfAd(words: readonly string[]): SourceCategory | undefined {
  return beginning(words)?.category ?? words.map(categoryNamed).find((category) => category !== undefined)
}

function withoutSuffix(words: readonly string[]): SourceCategory | undefined {
  const found = beginning(words)
  if (!found || ambiguous.has(found.name)) return undefined
  const rest = words.slice(found.length)
  return rest.every((word) => suffixShape.test(word) || suffixWords.has(word)) ? found.category : undefined
}

/** No known name has more. */
const mostWords = 6

/** The longest known name that the words begin with, written apart, with a dash, or as one. */
function beginning(words: readonly string[]) {
  for (let length = Math.min(words.length, mostWords); length > 0; length--) {
    const first = words.slice(0, length)
    for (const name of [first.join(' '), first.join('-'), first.join('')]) {
      const category = categoryNamed(name)
      if (category) return { category, name, length }
    }
  }
  return undefined
}

const wordsOf = (medium: string) => medium.split(/\P{L}+/u)
const hasWord = (words: ReadonlySet<string>) => (medium: string) =>
  wordsOf(medium).some((word) => words.has(word))

const adMedia = set('paid ppc ppl retargeting remarketing sem sea pmax sponsored sponsorship native boosted')

/** A medium that calls itself an ad, or is paid for: `ads`, `social-paid`, `remarketing`. */
export const isAdMedium = (medium: string): boolean =>
  wordsOf(medium).some((word) => adWords.has(word) || adMedia.has(word)) || adProduct.test(medium)
const adProduct = /performance[\s_-]?max|demand[\s_-]?gen/

/** `display`, `banner_300`, `programmatic`. */
export const isDisplayMedium = hasWord(set('display banner banners programmatic expandable interstitial'))

/** `google-display`, `programmatic_de`, and Google's Display Network by its letters. */
export const isDisplaySource = (source: string): boolean =>
  source !== '' && (isDisplayMedium(source) || wordsOf(source).includes('gdn'))

/** `social_media`, `organic-social`, `socialpost`: of a post, for what is paid says so. */
export const isSocialMedium = (medium: string): boolean =>
  medium === 'sm' || wordsOf(medium).some((word) => socialShape.test(word))
const socialShape = /^(?:organic)?socials?(?:media|network|networks|networking|posts?|organic)?$/

export const isAffiliateMedium = hasWord(set('affiliate affiliates aff affiliation'))
export const isAudioMedium = hasWord(set('audio podcast podcasts'))
export const isSmsMedium = hasWord(set('sms mms rcs'))

// A source may say it, too, where no medium does: `sms-campaign`, `podcast_2026`, or the tool that sends it.
export const isAffiliateSource = hasWord(
  set(
    'affiliate affiliates awin shareasale tradedoubler tradetracker webgains partnerize partnerstack linkshare admitad',
  ),
)
export const isAudioSource = hasWord(set('podcast podcasts'))
export const isSmsSource = hasWord(set('sms mms rcs twilio attentive postscript smsbump'))
export const isPushSource = hasWord(
  set('push webpush pushnotification onesignal pushowl pushengage pushwoosh webpushr firebase'),
)

/** `email`, `email-weekly`, `newsletter`. */
export const isEmailMedium = (medium: string): boolean => tellsOfEmail(medium.replaceAll('.', ' '))
