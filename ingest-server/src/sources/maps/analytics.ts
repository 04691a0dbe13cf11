/** Product and web analytics: PostHog, GA4, Snowplow, Mixpanel. */
import { readyMap, type MapText, type ReadyMap } from './ready-map.js'

/** What PostHog's library tells of itself, or what another row of the map is for. */
const ownEvents = [
  '$pageview',
  '$screen',
  '$identify',
  '$create_alias',
  '$groupidentify',
  '$pageleave',
  '$autocapture',
  '$set',
  '$feature_flag_called',
  '$web_vitals',
  '$rageclick',
  '$exception',
  '$snapshot',
]

const postHogContext = (at: (property: string) => string, field: (name: string) => string) => ({
  at: field('timestamp'),
  session: at('$session_id'),
  userAgent: [at('$raw_user_agent'), at('$user_agent')],
  page: { url: at('$current_url'), referrer: at('$referrer'), title: at('title') },
  campaign: {
    source: at('utm_source'),
    medium: at('utm_medium'),
    name: at('utm_campaign'),
    term: at('utm_term'),
    content: at('utm_content'),
  },
})

/** `at` is how a property is found: in JSON lines a pointer, in CSV a pointer into the column of properties. */
function posthog(
  format: 'ndjson' | 'csv',
  at: (property: string) => string,
  field: (name: string) => string,
): MapText {
  const isIdentified = { column: at('$is_identified'), op: 'in' as const, value: ['true', '1'] }
  const ofServer = '^posthog-(node|python|ruby|go|php|java|elixir|rust|dotnet)$'
  const known = { first: [at('$user_id'), field('distinct_id')] }
  const inContext = postHogContext(at, field)
  const isEvent = { column: field('event'), op: 'notIn' as const, value: ownEvents }
  const isPage = { column: field('event'), value: '$pageview' }
  const anybody = { anonymousId: field('distinct_id') }
  const somebody = { userId: known, anonymousId: at('$device_id') }
  const lib = (op: 'matches') => ({ column: at('$lib'), op, value: ofServer })
  const notIdentified = { column: at('$is_identified'), op: 'notIn' as const, value: ['true', '1'] }
  const event = {
    as: 'touch' as const,
    name: field('event'),
    value: [at('revenue'), at('value'), at('amount')],
    currency: at('currency'),
    properties: format === 'ndjson' ? '/properties' : 'properties',
    ...inContext,
  }
  const page = { as: 'page' as const, ...inContext }
  return {
    name: 'PostHog events',
    source: 'posthog',
    format,
    key: field('uuid'),
    rows: [
      { ...event, id: 'event-known', when: [isEvent, isIdentified], ...somebody },
      {
        ...event,
        id: 'event-server',
        when: [isEvent, notIdentified, lib('matches')],
        userId: field('distinct_id'),
      },
      {
        ...event,
        id: 'event',
        when: [isEvent, notIdentified, { column: at('$lib'), op: 'notMatches', value: ofServer }],
        ...anybody,
      },
      { ...page, id: 'page-known', when: [isPage, isIdentified], ...somebody },
      { ...page, id: 'page', when: [isPage, notIdentified], ...anybody },
      {
        ...{ as: 'identify', id: 'identify', when: [{ column: field('event'), value: '$identify' }] },
        userId: known,
        anonymousId: [at('$anon_distinct_id'), at('$device_id')],
        email: [at('$set') + '/email', at('email')],
        at: field('timestamp'),
        traits: at('$set'),
      },
    ],
  }
}

const param = (name: string) => [
  `/event_params/[key=${name}]/value/string_value`,
  `/event_params/[key=${name}]/value/int_value`,
]
const amountParam = (name: string) => [
  `/event_params/[key=${name}]/value/double_value`,
  `/event_params/[key=${name}]/value/int_value`,
  `/event_params/[key=${name}]/value/float_value`,
]
const ga4Context = {
  userId: '/user_id',
  anonymousId: '/user_pseudo_id',
  at: { column: '/event_timestamp', format: 'unix' },
  session: param('ga_session_id').slice(0, 2),
  page: { url: param('page_location'), title: param('page_title'), referrer: param('page_referrer') },
  campaign: {
    source: ['/collected_traffic_source/manual_source', ...param('source')],
    medium: ['/collected_traffic_source/manual_medium', ...param('medium')],
    name: ['/collected_traffic_source/manual_campaign_name', ...param('campaign')],
  },
}
const ga4: MapText = {
  name: 'GA4 events',
  source: 'ga4',
  format: 'ndjson',
  key: [
    '/user_pseudo_id',
    '/event_timestamp',
    '/event_name',
    '/event_bundle_sequence_id',
    '/batch_event_index',
  ],
  rows: [
    {
      as: 'page',
      id: 'page',
      when: [{ column: '/event_name', op: 'in', value: ['page_view'] }],
      ...ga4Context,
    },
    {
      ...{ as: 'touch', id: 'event', ...ga4Context },
      when: [
        {
          column: '/event_name',
          op: 'notIn',
          value: ['page_view', 'session_start', 'first_visit', 'user_engagement', 'scroll'],
        },
      ],
      name: '/event_name',
      value: ['/ecommerce/purchase_revenue', ...amountParam('value')],
      currency: param('currency'),
      properties: {
        transactionId: ['/ecommerce/transaction_id', ...param('transaction_id')],
        method: param('method'),
        formId: param('form_id'),
        link: param('link_url'),
      },
    },
  ],
}

/** The columns of an enriched event, in their order: the file has no header. */
const snowplowColumns =
  'app_id platform etl_tstamp collector_tstamp dvce_created_tstamp event event_id txn_id name_tracker v_tracker v_collector v_etl user_id user_ipaddress user_fingerprint domain_userid domain_sessionidx network_userid geo_country geo_region geo_city geo_zipcode geo_latitude geo_longitude geo_region_name ip_isp ip_organization ip_domain ip_netspeed page_url page_title page_referrer page_urlscheme page_urlhost page_urlport page_urlpath page_urlquery page_urlfragment refr_urlscheme refr_urlhost refr_urlport refr_urlpath refr_urlquery refr_urlfragment refr_medium refr_source refr_term mkt_medium mkt_source mkt_term mkt_content mkt_campaign contexts se_category se_action se_label se_property se_value unstruct_event tr_orderid tr_affiliation tr_total tr_tax tr_shipping tr_city tr_state tr_country ti_orderid ti_sku ti_name ti_category ti_price ti_quantity pp_xoffset_min pp_xoffset_max pp_yoffset_min pp_yoffset_max useragent br_name br_family br_version br_type br_renderengine br_lang br_features_pdf br_features_flash br_features_java br_features_director br_features_quicktime br_features_realplayer br_features_windowsmedia br_features_gears br_features_silverlight br_cookies br_colordepth br_viewwidth br_viewheight os_name os_family os_manufacturer os_timezone dvce_type dvce_ismobile dvce_screenwidth dvce_screenheight doc_charset doc_width doc_height tr_currency tr_total_base tr_tax_base tr_shipping_base ti_currency ti_price_base base_currency geo_timezone mkt_clickid mkt_network etl_tags dvce_sent_tstamp refr_domain_userid refr_device_tstamp derived_contexts domain_sessionid derived_tstamp event_vendor event_name event_format event_version event_fingerprint true_tstamp'.split(
    ' ',
  )
const snowplowContext = {
  userId: 'user_id',
  anonymousId: ['domain_userid', 'network_userid'],
  at: ['derived_tstamp', 'dvce_created_tstamp', 'collector_tstamp'],
  session: 'domain_sessionid',
  userAgent: 'useragent',
  page: { url: 'page_url', title: 'page_title', referrer: 'page_referrer' },
  campaign: {
    source: 'mkt_source',
    medium: 'mkt_medium',
    name: 'mkt_campaign',
    term: 'mkt_term',
    content: 'mkt_content',
  },
}
const snowplow: MapText = {
  name: 'Snowplow enriched events',
  source: 'snowplow',
  format: 'csv',
  delimiter: '\t',
  quotes: false,
  columns: snowplowColumns,
  key: 'event_id',
  rows: [
    { as: 'page', id: 'page', when: [{ column: 'event', value: 'page_view' }], ...snowplowContext },
    {
      ...{ as: 'touch', id: 'struct', when: [{ column: 'event', value: 'struct' }], ...snowplowContext },
      name: { first: [{ text: '{se_category} {se_action}' }, 'se_action'] },
      value: 'se_value',
      properties: {
        category: 'se_category',
        action: 'se_action',
        label: 'se_label',
        property: 'se_property',
      },
    },
    {
      ...{ as: 'touch', id: 'unstruct', when: [{ column: 'event', value: 'unstruct' }], ...snowplowContext },
      name: 'event_name',
      properties: 'unstruct_event#/data/data',
    },
    {
      ...{ as: 'touch', id: 'order', when: [{ column: 'event', value: 'transaction' }], ...snowplowContext },
      name: { constant: 'Order Completed' },
      value: 'tr_total',
      currency: 'tr_currency',
      properties: { orderId: 'tr_orderid' },
    },
  ],
}

const p = (name: string) => `/properties/${name}`
const mixpanelContext = {
  userId: p('$user_id'),
  anonymousId: [p('$device_id'), p('distinct_id')],
  at: { column: p('time'), format: 'unix' },
  page: {
    url: [p('$current_url'), p('current_url_full')],
    referrer: p('$referrer'),
    title: p('current_page_title'),
  },
  campaign: {
    source: p('utm_source'),
    medium: p('utm_medium'),
    name: p('utm_campaign'),
    term: p('utm_term'),
    content: p('utm_content'),
  },
}
const mixpanel: MapText = {
  name: 'Mixpanel events',
  source: 'mixpanel',
  format: 'ndjson',
  key: ['/event', p('distinct_id'), p('time'), p('$insert_id')],
  rows: [
    {
      as: 'page',
      id: 'page',
      when: [{ column: '/event', op: 'in', value: ['$mp_web_page_view', 'Page View', '$pageview'] }],
      ...mixpanelContext,
    },
    {
      ...{ as: 'touch', id: 'event', ...mixpanelContext },
      when: [
        {
          column: '/event',
          op: 'notIn',
          value: [
            '$mp_web_page_view',
            'Page View',
            '$pageview',
            '$identify',
            '$create_alias',
            '$merge',
            '$mp_session_record',
          ],
        },
      ],
      name: '/event',
      email: [p('$email'), p('email')],
      value: [p('revenue'), p('amount')],
      currency: p('currency'),
      properties: '/properties',
    },
    {
      ...{ as: 'identify', id: 'identify', when: [{ column: '/event', value: '$identify' }] },
      userId: [p('$identified_id'), p('$user_id')],
      anonymousId: [p('$anon_id'), p('$device_id')],
      at: { column: p('time'), format: 'unix' },
    },
  ],
}

const field = (name: string) => `/${name}`
export const analyticsMaps: readonly ReadyMap[] = [
  readyMap(
    'posthog-events',
    'PostHog: events of a batch export, JSON lines',
    posthog('ndjson', (name) => `/properties/${name}`, field),
  ),
  readyMap(
    'posthog-events-csv',
    'PostHog: events as CSV, with a column properties',
    posthog(
      'csv',
      (name) => `properties#/${name}`,
      (name) => name,
    ),
  ),
  readyMap('ga4-bigquery', 'GA4: the tables events_… of BigQuery, exported as JSON lines', ga4),
  readyMap('snowplow-enriched', 'Snowplow: enriched events (TSV without a header)', snowplow),
  readyMap('mixpanel', 'Mixpanel: raw event export, JSON lines', mixpanel),
]
