export { Touchline, type Report } from './client.js'
export { touchlineContext, type ContextOptions, type ContextRequest, type RequestContext } from './context.js'
export { TouchlineError, type ErrorCode } from './errors.js'
export type { EventCallback } from './batch.js'
export type {
  AliasArguments,
  Fields,
  GroupArguments,
  IdentifyArguments,
  Json,
  PageArguments,
  ScreenArguments,
  TrackArguments,
} from './event.js'
export type { Id } from './id.js'
export type { TouchlineOptions } from './options.js'
export type { Fetch } from './post.js'
export type { Logger, Unsent } from './report.js'
export type { Time } from './time.js'
export type { WaitOptions } from './wait-options.js'
export { mintUserToken, type UserTokenOptions } from './user-token.js'
