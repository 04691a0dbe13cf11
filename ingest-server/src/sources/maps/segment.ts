/** Segment and RudderStack: what stands in a warehouse or in object storage. */
import { readyMap, type MapText, type ReadyMap } from './ready-map.js'

/** Columns that each table of a warehouse has; tracks have the event's own properties in tables of their own. */
const who = { userId: 'user_id', anonymousId: 'anonymous_id' } as const
const at = ['timestamp', 'original_timestamp', 'sent_at', 'received_at']
const page = { url: 'context_page_url', title: 'context_page_title', referrer: 'context_page_referrer' }
const campaign = {
  source: 'context_campaign_source',
  medium: 'context_campaign_medium',
  name: 'context_campaign_name',
  term: 'context_campaign_term',
  content: 'context_campaign_content',
}
const userAgent = ['context_user_agent', 'context_useragent']

const tracks = (source: string, name: string): MapText => ({
  name,
  source,
  key: 'id',
  rows: [
    {
      as: 'touch',
      ...who,
      email: ['context_traits_email', 'email'],
      account: 'context_group_id',
      at,
      name: ['event_text', 'event'],
      value: ['revenue', 'value', 'total'],
      currency: 'currency',
      ...{ page, campaign, userAgent },
    },
  ],
})

const pages = (source: string, name: string): MapText => ({
  name,
  source,
  key: 'id',
  rows: [
    {
      as: 'page',
      ...who,
      at,
      name: 'name',
      page: {
        url: ['context_page_url', 'url'],
        title: ['context_page_title', 'title'],
        referrer: ['context_page_referrer', 'referrer'],
      },
      ...{ campaign, userAgent },
    },
  ],
})

const identifies = (source: string, name: string): MapText => ({
  name,
  source,
  key: 'id',
  rows: [
    {
      as: 'identify',
      ...who,
      email: ['email', 'context_traits_email'],
      at,
      traits: {
        name: ['name', 'context_traits_name'],
        firstName: ['first_name', 'context_traits_first_name'],
        lastName: ['last_name', 'context_traits_last_name'],
        company: ['company', 'context_traits_company'],
        title: ['title', 'context_traits_title'],
        plan: ['plan', 'context_traits_plan'],
        phone: ['phone', 'context_traits_phone'],
      },
    },
  ],
})

/** Lines as the API took them, all types in one file. */
const lines = (source: string, name: string): MapText => {
  const ids = { userId: '/userId', anonymousId: '/anonymousId' }
  const time = ['/timestamp', '/originalTimestamp', '/sentAt', '/receivedAt']
  const ofType = (type: string) => [{ column: '/type', value: type }]
  const inContext = {
    page: {
      url: ['/context/page/url', '/properties/url'],
      title: ['/context/page/title', '/properties/title'],
      referrer: ['/context/page/referrer', '/properties/referrer'],
    },
    campaign: {
      source: '/context/campaign/source',
      medium: '/context/campaign/medium',
      name: '/context/campaign/name',
      term: '/context/campaign/term',
      content: '/context/campaign/content',
    },
    session: '/context/sessionId',
    userAgent: '/context/userAgent',
  }
  return {
    name,
    source,
    format: 'ndjson',
    key: ['/messageId'],
    rows: [
      {
        ...{ as: 'touch', id: 'track', when: ofType('track'), ...ids, at: time, ...inContext },
        email: '/context/traits/email',
        account: '/context/groupId',
        name: '/event',
        properties: '/properties',
      },
      {
        ...{ as: 'page', id: 'page', when: ofType('page'), ...ids, at: time, ...inContext },
        name: ['/name', '/properties/name'],
        properties: '/properties',
      },
      {
        ...{ as: 'identify', id: 'identify', when: ofType('identify'), ...ids, at: time },
        email: ['/traits/email', '/context/traits/email'],
        traits: '/traits',
      },
      {
        ...{ as: 'group', id: 'group', when: ofType('group'), ...ids, at: time },
        account: '/groupId',
        traits: '/traits',
      },
    ],
  }
}

export const segmentMaps: readonly ReadyMap[] = [
  readyMap(
    'segment-tracks',
    'Segment warehouse: the table tracks, or the table of one event, as CSV',
    tracks('segment', 'Segment tracks'),
  ),
  readyMap('segment-pages', 'Segment warehouse: the table pages as CSV', pages('segment', 'Segment pages')),
  readyMap(
    'segment-identifies',
    'Segment warehouse: the table identifies or users as CSV',
    identifies('segment', 'Segment identifies'),
  ),
  readyMap(
    'segment-s3',
    'Segment storage destination (S3, GCS): lines of JSON, gz',
    lines('segment', 'Segment S3'),
  ),
  readyMap(
    'rudderstack-tracks',
    'RudderStack warehouse: the table tracks as CSV',
    tracks('rudderstack', 'RudderStack tracks'),
  ),
  readyMap(
    'rudderstack-identifies',
    'RudderStack warehouse: the table identifies or users as CSV',
    identifies('rudderstack', 'RudderStack identifies'),
  ),
  readyMap(
    'rudderstack-storage',
    'RudderStack object storage: lines of JSON, gz',
    lines('rudderstack', 'RudderStack object storage'),
  ),
]
