/** The verbs that a page calls. They take what page code gives them, and trust none of its types. */
import type { Properties, Touchline, Traits } from '../base/api.js'
import { emitToFeatures } from './among-features.js'
import { on } from '../base/hooks.js'
import { idFrom, newId } from '../base/ids.js'
import { options } from '../options/options.js'
import { wipeEntries } from '../queue/outbox.js'
import { record } from './record.js'
import { releaseHeld } from '../send/release-held.js'
import { pump } from '../send/send.js'
import { toJson } from '../base/to-json.js'
import { readVisitor, writeVisitor } from '../visitor/visitor.js'

let lastUser: string

const objectIn = (values: readonly unknown[]): Properties | undefined =>
  values.find((value) => Object(value) === value) as Properties | undefined

export const verbs: Touchline = {
  track: (event: string, properties?: Properties) => record('track', { event, properties }),

  page(...values: unknown[]) {
    // Of what a page passes, text alone has this.
    const texts = (values as { charAt?: unknown }[]).filter((value) => value && value.charAt)
    const [name, category] = texts.reverse() as unknown as string[]
    emitToFeatures('page')
    record('page', { name, category, properties: objectIn(values) })
  },

  identify(...values: unknown[]) {
    const userId = idFrom(values[0])
    const traits = objectIn(values)
    const before = readVisitor().userId
    if (before && userId && before !== userId) verbs.reset()
    if (userId || traits) record('identify', { traits }, { userId: userId || before })
  },

  identifyOrReset(user) {
    const text = toJson(user)
    const userId = readVisitor().userId
    if (user === null && userId) verbs.reset()
    if (user && (text !== lastUser || !userId))
      verbs.identify((user as { id?: string }).id || (user as string), user as Traits)
    // There is no text for undefined.
    lastUser = text || lastUser
  },

  group(id: unknown, traits?: Traits) {
    const groupId = idFrom(id)
    if (groupId)
      record('group', { groupId, traits }, { groupId: traits && traits.left ? undefined : groupId })
  },

  alias(user: unknown, previous?: unknown) {
    const userId = idFrom(user)
    const visitor = readVisitor()
    if (userId)
      record('alias', { userId, previousId: idFrom(previous) || visitor.userId || visitor.anonymousId }, {})
  },

  /** Somebody else: nothing that was known of the one before belongs to them; but a token of the one before proves nothing about them. */
  reset() {
    const { choice, anonymousId } = readVisitor()
    // Where there is nobody, as after a refusal, nobody begins anew.
    if (anonymousId) writeVisitor({ choice, anonymousId: newId(Date.now()) })
  },

  ready: (callback) => callback(),

  flush: () => pump(true),

  optIn() {
    writeVisitor({ ...readVisitor(), choice: 'granted' })
    releaseHeld()
  },

  optOut() {
    writeVisitor({ choice: 'no' })
    wipeEntries()
  },

  on,

  anonymousId: () => readVisitor().anonymousId,

  user: readVisitor,

  setUserToken: (token) => (options.userToken = token),
}
