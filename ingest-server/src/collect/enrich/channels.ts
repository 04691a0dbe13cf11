/**
 * Channels: Google Analytics 4's default channel grouping for manual traffic as Google documents it
 * (support.google.com/analytics/answer/9756891), first match wins, plus AI Assistants, which stand before the
 * organic rules and after the paid ones. The rule that matched is kept with each event, so that a
 * classification can be explained.
 */
import {
  isAdMedium,
  isAffiliateMedium,
  isAffiliateSource,
  isAudioMedium,
  isAudioSource,
  isDisplayMedium,
  isDisplaySource,
  isEmailMedium,
  isPushSource,
  isSmsMedium,
  isSmsSource,
  isSocialMedium,
  readSource,
  type SourceReading,
} from './source-words.js'

/** What the rules look at. Google compares without regard to case. */
export interface Traffic {
  source: string
  medium: string
  campaign: string
}

interface Signals extends Traffic, SourceReading {}

export interface ChannelRule {
  id: string
  channel: string
  matches: (signals: Signals) => boolean
}

export const direct: Traffic = { source: '(direct)', medium: '(none)', campaign: '' }

// The expressions are Google's own.
const paidMedium = /^(.*cp.*|ppc|retargeting|paid.*)$/
const shoppingCampaign = /^(.*(([^a-df-z]|^)shop|shopping).*)$/
const videoMedium = /^(.*video.*)$/

const oneOf = (...words: string[]) => {
  const set = new Set(words)
  return (word: string) => set.has(word)
}
const isUnsetMedium = oneOf('(not set)', '(none)')
const isReferralMedium = oneOf('referral', 'app', 'link')
const isAiMedium = oneOf('ai-assistant', 'ai assistant', 'ai_assistant', 'ai')
const isPush = (medium: string) =>
  medium.endsWith('push') || medium.includes('mobile') || medium.includes('notification')
/** The medium names a channel of its own, so that an ad's word in the source does not make it Paid. */
const saysOtherwise = (medium: string) =>
  [isDisplay, isEmailMedium, isAffiliateMedium, isAudioMedium, isSmsMedium].some((is) => is(medium)) ||
  ['offline', 'print', 'qr', 'qr-code'].includes(medium) ||
  /push|notification/.test(medium)
const isDisplay = (medium: string) => medium === 'cpm' || isDisplayMedium(medium)
/** By Google's media, or (ours) because source or medium calls itself an ad. */
const isPaid = ({ source, medium, isAd }: Signals) =>
  !isBanner(source, medium) &&
  (paidMedium.test(medium) || ((isAd || isAdMedium(medium)) && !saysOtherwise(medium)))
/** The source alone says it (ours): where there is a medium, that counts. */
const isNamed = ({ source, medium, isAd }: Signals, is: (source: string) => boolean) =>
  isUnsetMedium(medium) && !isAd && is(source)
/** Of that kind and not an ad. What calls itself one is not organic either where `saysOtherwise` keeps it from being Paid. */
const isOf = ({ category, isAd }: Signals, kind: SourceReading['category']) => category === kind && !isAd
/** The source is called display, banner, …, and the medium says nothing else than that it was paid for. */
const isBanner = (source: string, medium: string) => isDisplaySource(source) && !saysOtherwise(medium)

export const channelRules: readonly ChannelRule[] = [
  {
    id: 'direct',
    channel: 'Direct',
    matches: (s) => s.source === '(direct)' && isUnsetMedium(s.medium),
  },
  { id: 'cross-network', channel: 'Cross-network', matches: (s) => s.campaign.includes('cross-network') },
  {
    id: 'paid-shopping',
    channel: 'Paid Shopping',
    matches: (s) => (s.category === 'shopping' || shoppingCampaign.test(s.campaign)) && isPaid(s),
  },
  { id: 'paid-search', channel: 'Paid Search', matches: (s) => s.category === 'search' && isPaid(s) },
  { id: 'paid-social', channel: 'Paid Social', matches: (s) => s.category === 'social' && isPaid(s) },
  { id: 'paid-video', channel: 'Paid Video', matches: (s) => s.category === 'video' && isPaid(s) },
  { id: 'display', channel: 'Display', matches: (s) => isDisplay(s.medium) || isBanner(s.source, s.medium) },
  { id: 'paid-other', channel: 'Paid Other', matches: isPaid },
  {
    id: 'ai-assistant',
    channel: 'AI Assistant',
    matches: (s) => s.category === 'ai' || isAiMedium(s.medium),
  },
  {
    id: 'organic-shopping',
    channel: 'Organic Shopping',
    matches: (s) => isOf(s, 'shopping') || shoppingCampaign.test(s.campaign),
  },
  {
    id: 'organic-social',
    channel: 'Organic Social',
    matches: (s) => isOf(s, 'social') || isSocialMedium(s.medium),
  },
  {
    id: 'organic-video',
    channel: 'Organic Video',
    matches: (s) => isOf(s, 'video') || videoMedium.test(s.medium),
  },
  {
    id: 'organic-search',
    channel: 'Organic Search',
    matches: (s) => isOf(s, 'search') || s.medium === 'organic',
  },
  { id: 'referral', channel: 'Referral', matches: (s) => isReferralMedium(s.medium) },
  {
    id: 'email',
    channel: 'Email',
    // Those who send newsletters send texts and notifications as well.
    matches: (s) => isEmailMedium(s.medium) || (s.isEmail && !saysOtherwise(s.medium)),
  },
  {
    id: 'affiliates',
    channel: 'Affiliates',
    matches: (s) => isAffiliateMedium(s.medium) || isNamed(s, isAffiliateSource),
  },
  { id: 'audio', channel: 'Audio', matches: (s) => isAudioMedium(s.medium) || isNamed(s, isAudioSource) },
  {
    id: 'sms',
    channel: 'SMS',
    matches: (s) => s.source === 'sms' || isSmsMedium(s.medium) || isNamed(s, isSmsSource),
  },
  {
    id: 'mobile-push',
    channel: 'Mobile Push Notifications',
    matches: (s) => isPush(s.medium) || s.source === 'firebase' || isNamed(s, isPushSource),
  },
]

export const unassigned = { id: 'unassigned', channel: 'Unassigned' }

/** The first rule that matches, or `unassigned`. */
export function channelOf(traffic: Traffic): { id: string; channel: string } {
  const source = traffic.source.toLowerCase()
  const signals: Signals = {
    source,
    medium: traffic.medium.toLowerCase(),
    campaign: traffic.campaign.toLowerCase(),
    ...readSource(source),
  }
  return channelRules.find((rule) => rule.matches(signals)) ?? unassigned
}
