/* In place of explain.ts in t.debug.js: a line in the console for each call, each event and each answer. */
import type { EventType } from '@touchline/schemas/build'
import type { Consent } from '../visitor/consent.js'
import { on } from '../base/hooks.js'
import { options } from '../options/options.js'
import type { Entry } from '../queue/outbox.js'
import type { Said } from '../base/said.js'
import type { Startable } from '../page/startable.js'
import { readVisitor } from '../visitor/visitor.js'

/** The call that is running, and whether a line was said of it. */
let call: { text: string; isSaid: boolean } | undefined
/** Of messages that wait for their answer, or were refused. */
const names = new Map<string, string>()
const rejected = new Set<string>()

const say = (text: string): void => {
  if (call) call.isSaid = true
  console.log(`Touchline: ${text}`)
}
/** An argument may be anything, and what has no JSON must not throw into the page here either. */
const shown = (value: unknown): string => {
  try {
    return (JSON.stringify(value) ?? String(value)).slice(0, 80)
  } catch {
    return typeof value === 'bigint' ? `${value}n` : `a value without JSON (${typeof value})`
  }
}
const nameOf = (messageId: string): string => names.get(messageId) ?? messageId

const listen = (): void => {
  on('reject', ({ messageId, code, message }) => {
    rejected.add(messageId)
    say(`${nameOf(messageId)}: the server refused it, ${code}: ${message}`)
  })
  on('error', (error) => say(`${call ? `${call.text}: ` : ''}threw ${String(error)}`))
}

/** Verbs that record, and why one did not. */
const nothingBecause: Record<string, (args: unknown[]) => string> = {
  identify: ([id]) => `${shown(id)} is no id, and there are no traits`,
  identifyOrReset: ([user]) =>
    user === undefined
      ? 'undefined is not known yet'
      : user === null
        ? 'nobody was identified'
        : 'this user was told already',
  group: ([id]) => `${shown(id)} is no id`,
  alias: ([id]) => `${shown(id)} is no id`,
}

export const explainCalls = (touchline: Startable): void => {
  listen()
  for (const [verb, run] of Object.entries(touchline))
    if (!Array.isArray(run))
      touchline[verb] = (...args) =>
        explained(verb, args, () => (run as (...args: unknown[]) => unknown)(...args))
}

function explained(verb: string, args: unknown[], run: () => unknown): unknown {
  const outer = call
  const mine = { text: `${verb}(${args.map(shown).join(', ')})`, isSaid: false }
  call = mine
  try {
    return run()
  } finally {
    const reason = nothingBecause[verb]?.(args)
    if (!mine.isSaid) say(`${mine.text}: ${reason === undefined ? 'done' : `nothing recorded, ${reason}`}`)
    call = outer
  }
}

export const explainEvent = (type: EventType, said: Said, consent: Consent, messageId?: string): void => {
  const event = `${type}${said.event || said.name ? ` "${said.event ?? said.name}"` : ''}`
  const name = call?.text ?? `${event}, by itself`
  if (messageId === undefined) return say(`${name}: not recorded, ${whyNot(consent)}`)
  names.set(messageId, event)
  say(
    `${name}: recorded as ${messageId}, consent ${consent}${consent === 'awaiting' ? '; held until optIn()' : ''}`,
  )
}

function whyNot(consent: Consent): string {
  if (consent) return 'for under Global Privacy Control or Do Not Track nobody is named'
  if (readVisitor().choice === 'no') return 'the visitor refused: optOut()'
  if (options.bots !== 'allow' && (navigator.webdriver || /Headless/.test(navigator.userAgent)))
    return 'an automated browser: data-bots="allow" lets it'
  return `the browser asks for privacy, and gpc is "${options.gpc}"`
}

export const explainEnd = (batch: readonly Entry[], status?: number | true, reason?: unknown): void => {
  for (const [messageId] of batch) {
    if (rejected.delete(messageId)) continue
    const name = `${nameOf(messageId)} (${messageId})`
    if (status === true) say(`${name}: the server took it`)
    else if (reason)
      say(
        `${name}: never sent, for the ${reason === 'age' ? 'event is 12 hours old' : `answer was ${status}`}`,
      )
    else say(`${name}: ${status ? `answered ${status}` : 'no answer of a Touchline server'}; tried again`)
  }
}
