/**
 * Channels: Google Analytics 4's default channel grouping for manual traffic as Google documents it
 * (support.google.com/analytics/answer/9756891), first match wins, plus AI Assistants, which stand before the
 * organic rules and after the paid ones. The rule that matched is kept with each event, so that a
 * classification can be explained.
 */
import { knownSource, type SourceCategory } from './known-sources.js'

/** What the rules look at. Google compares without regard to case. */
export interface Traffic {
  source: string
  medium: string
  campaign: string
}

interface Signals extends Traffic {
  category: SourceCategory | undefined
}

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
const isDisplayMedium = oneOf('display', 'banner', 'expandable', 'interstitial', 'cpm')
const isSocialMedium = oneOf(
  'social',
  'social-network',
  'social-media',
  'sm',
  'social network',
  'social media',
)
const isReferralMedium = oneOf('referral', 'app', 'link')
const isEmailWord = oneOf('email', 'e-mail', 'e_mail', 'e mail')
const isAiMedium = oneOf('ai-assistant', 'ai assistant', 'ai_assistant', 'ai')
const isPaid = ({ medium }: Signals) => paidMedium.test(medium)

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
  { id: 'display', channel: 'Display', matches: (s) => isDisplayMedium(s.medium) },
  { id: 'paid-other', channel: 'Paid Other', matches: isPaid },
  {
    id: 'ai-assistant',
    channel: 'AI Assistant',
    matches: (s) => s.category === 'ai' || isAiMedium(s.medium),
  },
  {
    id: 'organic-shopping',
    channel: 'Organic Shopping',
    matches: (s) => s.category === 'shopping' || shoppingCampaign.test(s.campaign),
  },
  {
    id: 'organic-social',
    channel: 'Organic Social',
    matches: (s) => s.category === 'social' || isSocialMedium(s.medium),
  },
  {
    id: 'organic-video',
    channel: 'Organic Video',
    matches: (s) => s.category === 'video' || videoMedium.test(s.medium),
  },
  {
    id: 'organic-search',
    channel: 'Organic Search',
    matches: (s) => s.category === 'search' || s.medium === 'organic',
  },
  { id: 'referral', channel: 'Referral', matches: (s) => isReferralMedium(s.medium) },
  { id: 'email', channel: 'Email', matches: (s) => isEmailWord(s.source) || isEmailWord(s.medium) },
  {
    id: 'affiliates',
    channel: 'Affiliates',
    matches: (s) => s.medium === 'affiliate' || s.medium === 'affiliates',
  },
  { id: 'audio', channel: 'Audio', matches: (s) => s.medium === 'audio' },
  { id: 'sms', channel: 'SMS', matches: (s) => s.source === 'sms' || s.medium === 'sms' },
  {
    id: 'mobile-push',
    channel: 'Mobile Push Notifications',
    matches: (s) =>
      s.medium.endsWith('push') ||
      s.medium.includes('mobile') ||
      s.medium.includes('notification') ||
      s.source === 'firebase',
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
    category: knownSource(source)?.category,
  }
  return channelRules.find((rule) => rule.matches(signals)) ?? unassigned
}
