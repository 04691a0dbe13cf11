/**
 * What a page reports when it goes (`Page Left`): how long it was seen and how far it was scrolled. It is said of a
 * visit's page and is no touchpoint of its own.
 */
import QuickLRU from 'quick-lru'
import { comparableName } from './names.js'
import { numberFrom } from './numbers.js'

const noun = '(?:page|screen|pageview)'
const reports = new RegExp(
  [
    `${noun}(?:left|leave|leaving|exit|exited|unload|unloaded|hide|hidden|close|closed|engagement|ping|scroll|scrolled|scrolldepth)`,
    `(?:left|leave|leaving|exit|exited)${noun}`,
    'userengagement|timeonpage|timeonscreen|scroll|scrolldepth',
  ]
    .map((form) => `^(?:${form})$`)
    .join('|'),
)
const signs = /[+\-#%&]/g

// A person's timeline has the same few names again and again.
const known = new QuickLRU<string, boolean>({ maxSize: 1_000 })

/** By the event's name alone: `Page Left`, `$pageleave`, `page_exit`, `user_engagement`, `Scroll Depth`, … */
export function saysPageLeft({ type, kind, name }: { type: string; kind: string; name: string }): boolean {
  if (type !== 'track' || kind !== '') return false
  const found = known.get(name)
  if (found !== undefined) return found
  const says = reports.test(comparableName(name).replace(signs, ''))
  known.set(name, says)
  return says
}

// As Touchline's SDK, PostHog, Google Analytics, Matomo and Snowplow plug-ins name them.
const secondsNames = [
  'visibleSeconds',
  'seconds',
  'durationSeconds',
  'engagementSeconds',
  'timeOnPage',
  'time_on_page',
  '$prev_pageview_duration',
  'duration',
]
const millisecondsNames = ['visibleMs', 'engagement_time_msec', 'durationMs', 'duration_ms']
const percentNames = [
  'scrollPercent',
  'scroll_percent',
  'percent_scrolled',
  'scrollDepth',
  'scroll_depth',
  'maxScroll',
  'max_scroll',
]
const shareNames = ['$prev_pageview_max_scroll_percentage']

export interface PageReport {
  /** Null where it does not say. */
  seconds: number | null
  /** Percent of the page's height, 0 to 100. */
  scroll: number | null
}

export function pageReport(properties: Readonly<Record<string, unknown>>): PageReport {
  const milliseconds = numberIn(properties, millisecondsNames)
  const share = numberIn(properties, shareNames)
  const percent = numberIn(properties, percentNames) ?? (share === null ? null : share * 100)
  return {
    seconds: numberIn(properties, secondsNames) ?? (milliseconds === null ? null : milliseconds / 1_000),
    scroll: percent === null ? null : Math.min(100, percent),
  }
}

function numberIn(properties: Readonly<Record<string, unknown>>, names: readonly string[]): number | null {
  for (const name of names) {
    const number = numberFrom(properties[name])
    if (number !== null && number >= 0) return number
  }
  return null
}
