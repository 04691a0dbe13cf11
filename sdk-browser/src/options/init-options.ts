/** What `init()` was given, as the tag spells it. Types are not there for everybody, so mistakes are named. */
import type { Options } from '../base/api.js'
import { isKnown, nearest } from './known-options.js'
import type { Settings } from './options.js'
import { warn } from '../base/warn.js'

/** Undefined, and said why, where nothing can be recorded. */
export function initOptions(options: Options): Settings | undefined {
  const given: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(options) as [string, unknown][])
    // What is not set may be named all the same.
    if (name !== 'key' && value !== undefined && value !== null)
      given[name === 'writeKey' ? 'key' : name] = value
  for (const [name, value] of Object.entries(given)) {
    if (isKnown(name)) continue
    const meant = nearest(name)
    warn(`init() knows no option ${name}${meant ? `; taken for ${meant}` : ''}`)
    // A word that was meant to let less happen must not let more happen.
    if (meant && !(meant in given)) given[meant] = value
  }
  const cookieName = given['cookieName'] as string | undefined
  if (cookieName !== undefined && !/^[\w.-]+$/.test(cookieName)) {
    warn(`unknown cookieName="${cookieName}": letters, digits, . _ and - only`)
    delete given['cookieName']
  }
  const missing = !given['key']
    ? 'writeKey, which on the tag is data-key'
    : !/^(https?:)?\/\/./.test(String(given['host'])) &&
      'host, the address of the Touchline server: https://t.example.com'
  if (!missing) return given as unknown as Settings
  warn(`init() needs ${missing}. Nothing is recorded.`)
  return undefined
}
