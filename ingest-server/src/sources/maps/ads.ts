/** What ads cost: by day and campaign. Channels are named as touchpoints have them. */
import { readyMap, type MapText, type ReadyMap } from './ready-map.js'

const google: MapText = {
  name: 'Google Ads costs',
  source: 'google-ads',
  // Lines of totals stand behind the rows.
  when: [
    { column: 'Campaign', op: 'filled' },
    { column: 'Campaign', op: 'ne', value: '--' },
    { column: 'Day', op: 'matches', value: '^\\d' },
  ],
  rows: [
    {
      as: 'cost',
      day: 'Day',
      channel: {
        first: [
          {
            column: ['Campaign type', 'Advertising channel type'],
            values: {
              search: 'Paid Search',
              display: 'Display',
              video: 'Paid Video',
              shopping: 'Paid Shopping',
              'performance max': 'Cross-network',
              'demand gen': 'Cross-network',
            },
          },
          { constant: 'Paid Search' },
        ],
      },
      source: { constant: 'google' },
      medium: { constant: 'cpc' },
      campaign: 'Campaign',
      currency: ['Currency code', 'Currency'],
      amount: 'Cost',
      impressions: ['Impr.', 'Impressions'],
      clicks: 'Clicks',
    },
  ],
}

const linkedin: MapText = {
  name: 'LinkedIn Ads costs',
  source: 'linkedin-ads',
  rows: [
    {
      as: 'cost',
      day: { column: ['Start Date (in UTC)', 'Start Date', 'Date'], format: ['M/d/yyyy', 'yyyy-MM-dd'] },
      channel: { constant: 'Paid Social' },
      source: { constant: 'linkedin' },
      medium: { constant: 'cpc' },
      campaign: ['Campaign Name', 'Campaign'],
      currency: 'Currency',
      amount: 'Total Spent',
      impressions: 'Impressions',
      clicks: 'Clicks',
      engagements: 'Total Engagements',
    },
  ],
}

const currencies = ['EUR', 'USD', 'GBP', 'CHF', 'CAD', 'AUD', 'JPY', 'SEK', 'NOK', 'DKK', 'PLN', 'INR', 'BRL']
const meta: MapText = {
  name: 'Meta Ads costs',
  source: 'meta-ads',
  // The line of totals names no campaign.
  when: [{ column: 'Campaign name', op: 'filled' }],
  rows: currencies.map((currency) => ({
    ...{
      as: 'cost' as const,
      id: currency,
      when: [{ column: `Amount spent (${currency})`, op: 'filled' as const }],
    },
    day: ['Day', 'Reporting starts'],
    channel: { constant: 'Paid Social' },
    source: { constant: 'facebook' },
    medium: { constant: 'cpc' },
    campaign: 'Campaign name',
    currency: { constant: currency },
    amount: `Amount spent (${currency})`,
    impressions: 'Impressions',
    clicks: ['Link clicks', 'Clicks (all)'],
    engagements: 'Post engagements',
  })),
}

export const adMaps: readonly ReadyMap[] = [
  readyMap('google-ads', 'Google Ads: a report by day and campaign with currency code, as CSV', google),
  readyMap('linkedin-ads', 'LinkedIn Campaign Manager: campaign performance by day, as CSV', linkedin),
  readyMap('meta-ads', 'Meta Ads Manager: campaigns with the breakdown by day, as CSV', meta),
]
