/**
 * What a page sees: the options, the object with the verbs, and what it reports. The names in this file and in
 * wire.ts survive minification; every other property name in the sources is shortened by the build.
 */

export type Traits = Record<string, unknown>
export type Properties = Record<string, unknown>

/**
 * Options of `init()`. A value that is not known counts as the most private one, and the console says so. On the script
 * tag each is a `data-` attribute of the same name: `linkDomains` is `data-link-domains`, and `writeKey` is `data-key`.
 */
export interface Options {
  /** Public write key of the project; `data-key` on the tag. */
  writeKey: string
  /** Where the Touchline server stands, `https://t.example.com`. On the tag it may be left out: where the script came from. */
  host: string
  /** One more name for the same object, so that `analytics.track` keeps working: `data-global="analytics"`. */
  global?: string
  /**
   * Page views at load, on return from the back/forward cache, and when the address changes: its path (the default, also
   * that of a route in the fragment), its path or query, or anything of it. `manual`: only `page()`. `auto` is the old
   * name of `path`, `off` of `manual`.
   */
  pages?: 'path' | 'query' | 'hash' | 'manual' | 'auto' | 'off'
  /** Clicks on links that leave the site, and downloads. Default `auto`. */
  links?: 'auto' | 'off'
  /** Visible time and scroll depth, one event when the page goes. Default `auto`. */
  engagement?: 'auto' | 'off'
  /** `marked` looks only at forms with `data-touchline-identify`, `auto` at every form with an email field. Default `marked`. */
  forms?: 'marked' | 'auto' | 'off'
  /** Names of form fields that may be taken as traits beside the email: `name,company` or a list. */
  formFields?: string | readonly string[]
  /** Sites that may hand over their anonymous id to this one and get ours: `shop.example,example.org` or a list. */
  linkDomains?: string | readonly string[]
  /** `required`: nothing is stored or sent until `optIn()`. */
  consent?: 'required'
  /** `cookieless`: ids live as long as the page; no cookie, no localStorage. */
  storage?: 'cookieless'
  /** Under Global Privacy Control: events without any id (`anonymous`, the default), nothing (`off`), or everything (`full`). */
  gpc?: 'anonymous' | 'off' | 'full'
  /** `honor`: the older Do Not Track signal means the same as Global Privacy Control. By default it is ignored. */
  dnt?: 'honor'
  /** A token by which your server says who is using the page; proves the `userId` of `identify`. See docs/http.md. */
  userToken?: string | undefined
  /** `allow`: automated browsers send too. */
  bots?: 'allow'
  /** `server`: the server renews the cookie, for browsers that end script-written cookies early. It must share the site's domain. */
  cookie?: 'server'
  /** What the cookie and its copy in localStorage are called. Default `touchline`. */
  cookieName?: string
}

/** Properties of the events that are recorded by themselves. */
export interface AutomaticEvents {
  'Page Left': { visibleSeconds: number; scrollPercent: number }
  'Outbound Link Clicked': { url: string; text: string }
  'File Downloaded': { url: string; text: string }
  'Form Submitted': { form: string | null }
}

/** Events that will never be sent. */
export interface Drop {
  /** HTTP status with which the server refused the request; or older than 12 hours; or the queue is at its size limit. */
  reason: number | 'age' | 'full'
  messageIds: string[]
}

/** One event that the server read and refused; it is kept there, with the reason. */
export interface Reject {
  index: number
  messageId: string
  code: string
  message: string
}

export interface Touchline {
  track(event: string, properties?: Properties): void
  /** With an id: who the visitor is. With only `{ email }`: a lead. */
  identify(userId: string | number, traits?: Traits): void
  identify(traits: Traits): void
  /** For places that see the user on every render: `null` resets if somebody was identified, `undefined` means not known yet. */
  identifyOrReset(user: string | number | (Traits & { id: string | number }) | null | undefined): void
  page(name?: string, properties?: Properties): void
  page(category: string, name: string, properties?: Properties): void
  page(properties: Properties): void
  /** The visitor belongs to this account. `{ left: true }` says that they left it. */
  group(groupId: string | number, traits?: Traits): void
  /** `userId` and `previousId` (by default whoever the visitor is now) are the same person. */
  alias(userId: string | number, previousId?: string | number): void
  /** Forgets who the visitor is: new anonymous id, no user, no account, new session. */
  reset(): unknown
  /** The token for the user of `identify`: set it before, and whenever there is a fresh one. */
  setUserToken(token: string | undefined): unknown
  /** Calls back when the SDK has loaded: at once if it has. */
  ready(callback: () => void): void
  /** Sends what is queued now; resolves when each request was answered or failed. */
  flush(): Promise<unknown>
  /** The visitor agrees; remembered, and stronger than Global Privacy Control. */
  optIn(): void
  /** The visitor refuses; everything stored and queued is deleted, and only the refusal is remembered. */
  optOut(): void
  on(name: 'drop', listener: (drop: Drop) => void): void
  on(name: 'reject', listener: (reject: Reject) => void): void
  /** What was thrown inside the SDK, or by the page’s own code that it called. Nothing of it reaches the page otherwise. */
  on(name: 'error', listener: (error: unknown) => void): void
  /** Undefined before the first event, and while no id may be used. */
  anonymousId(): string | undefined
  user(): { userId?: string | undefined; groupId?: string | undefined; anonymousId?: string | undefined }
}
