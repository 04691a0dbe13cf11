/**
 * What a utm_source says of itself: which known source it is, and whether it calls itself an ad or a newsletter.
 *
 *     linkedin-ads, bingads, reddit-promoted, adwords an ad, of what the rest names
 *     newsletter-de, mail_2024, e-mail weekly         a newsletter
 *     facebook_de, google 2024, ig-story              the source, and a suffix that people add to tell links apart
 *     https://www.google.com/, m.facebook.com         the source's address
 */
import { knownSource, type SourceCategory } from './known-sources.js'

export interface SourceReading {
  category: SourceCategory | undefined
  isAd: boolean
  isEmail: boolean
}

const set = (words: string): ReadonlySet<string> => new Set(words.trim().split(/\s+/))

const adWords = set(
  'ad ads adword adwords advert adverts advertising advertisement adv anzeige anzeigen werbung ' +
    'paid sponsored promoted cpc ppc sem retargeting remarketing',
)
const emailWords = set('edm newsletter newsletters nl crm-mail serienmail kundenmail')
const emailShape = /^(?:e?mail(?:s|ing|ings|er|out)?|.*newsletters?.*)\d*$/

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
const alwaysAds = set('adwords googleadwords gads pmax msads asa')

// What people add to a name to tell their links apart: languages, numbers, quarters, places on the page.
const suffixShape = /^(?:[a-z]{2,3}|v?\d{1,8}|[hq]\d|\d{1,4}[a-z]{1,2})$/
const suffixWords = set(`
  post posts page pages group groups company story stories feed bio profile share dm reel reels organic app mobile
  desktop web lead leads leadgen campaign campaigns promo launch blog event webinar link emea apac latam dach b2b b2c
  spring summer autumn winter january february march april june july august september october november december
  main official brand personal business inmail message messages marketplace channel shorts
`)
// Plain words that are also somebody's name: with a suffix they are more likely the plain word.
const ambiguous = set(
  'x ok li line ask target medium wish buffer meta poe ted hn note band kick drip signal 360 gpt asa',
)

/** A plain word that is also somebody's name: alone it says nothing where nobody says that it is a source. */
export const isAmbiguous = (word: string): boolean => ambiguous.has(word)

/** `source` in lower case. */
export function readSource(source: string): SourceReading {
  const text = addressIn(source)
  const known = alwaysAds.has(text) ? undefined : knownSource(text)
  if (known) return { category: known.category, isAd: false, isEmail: known.category === 'email' }
  const words = text.split(/[^\p{L}\p{N}.]+/u).filter((word) => word !== '')
  const named = words.filter((word) => !adWords.has(word))
  const glued = named.length === 1 ? ofGluedAd(named[0] ?? '') : undefined
  const isAd = named.length < words.length || glued !== undefined || named.some((word) => alwaysAds.has(word))
  if (isAd) return { category: glued ?? categoryOfAd(named.length > 0 ? named : words), isAd, isEmail: false }
  const category = withoutSuffix(words)
  const isEmail = category === 'email' || words.some((word) => emailWords.has(word) || emailShape.test(word))
  return { category, isAd, isEmail }
}

/** The host, where an address was written for a source. */
const addressIn = (source: string) =>
  source.includes('.') || source.includes('://')
    ? source.replace(/^[a-z-]+:\/\//, '').replace(/[/?#:].*$/s, '')
    : source

/** `facebookads`, `bingad`. */
function ofGluedAd(word: string): SourceCategory | undefined {
  const of = /^(.{2,}?)ads?$/.exec(word)?.[1]
  return of === undefined ? undefined : categoryNamed(of)
}

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

/** The longest known name that the words begin with, written apart, with a dash, or as one. */
function beginning(words: readonly string[]) {
  for (let length = words.length; length > 0; length--) {
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
  wordsOf(medium).some((word) => adWords.has(word) || adMedia.has(word))

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

/** `email`, `email-weekly`, `newsletter`. */
export const isEmailMedium = (medium: string): boolean =>
  medium.split(/[^\p{L}\p{N}]+/u).some((word) => emailWords.has(word) || emailShape.test(word))
