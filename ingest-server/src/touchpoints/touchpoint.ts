/** What a timeline shows, as it is formed from events: shapes only. */
import type { TouchpointKind } from '@touchline/schemas'
import type { Acquisition } from './acquisition.js'
import type { Direction } from './measures.js'
import type { PageReport } from './page-left.js'
import type { Row } from './rows.js'
import type { Placed } from './scope.js'

/** An event as read; `properties` (JSON text) where the wide columns came along. */
export type ReadRow = Row & { properties?: string }

/** An event that counts, and for whom. */
export interface PlacedRow extends Placed {
  row: ReadRow
}

export interface ViewedPage {
  row: ReadRow
  /** What the page reported when it went; none where nothing came. */
  reports: ReadRow[]
}

export interface VisitPage extends PageReport {
  path: string
  url: string
  title: string
  at: number
}

export interface Touchpoint {
  kind: TouchpointKind
  /** What it is grouped by: of a visit the landing page's given name, else its path; the event's name; else the kind. */
  name: string
  /** What is shown as its name: of a visit the landing page's title; the address, user or account that it is about. */
  label: string
  /** Milliseconds since 1970; `until` is of a visit its last event. */
  at: number
  until: number
  person: string
  accounts: readonly string[]
  /** True where the subject of its event is an anonymous id. */
  isAnonymous: boolean
  acquisition: Acquisition
  direction: Direction
  /** From the first occurrence that names an amount. Null too where `properties` were not read. */
  value: number | null
  currency: string
  /** Of a visit: the client's session id, empty where it has none. */
  sessionId: string
  /** A visit by another campaign or paid click in the middle of a session. */
  sameSession: boolean
  /** Of a visit, each view in order. */
  pages: VisitPage[]
  messageIds: string[]
  /** Who reported it: the SDK's library, else web or server; or the importer. */
  sources: string[]
  /** The event whose page and properties are shown; with `at` it says where the touchpoint stands in `events`. */
  lead: ReadRow
  /** Of a visit the last page seen, else its last event. */
  last: ReadRow
  /** The events that report the touchpoint, in the order of messageIds; of a visit its first event. */
  occurrences: ReadRow[]
  /** Of a visit: what its pages reported, for the caller that reads the wide columns later. */
  viewed: readonly ViewedPage[]
}
