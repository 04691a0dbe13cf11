/** The verbs that a page calls. They take what page code gives them, and trust none of its types. */
import { buildAlias, buildGroup, buildIdentify, buildPage, buildTrack } from '@touchline/schemas/build'
import type { Properties, Touchline, Traits } from './api.js'
import { isStored } from './consent.js'
import { guard } from './guard.js'
import { on, tell } from './hooks.js'
import { idFrom, newId } from './ids.js'
import { storeEntries, wipeEntries } from './outbox.js'
import { common, record } from './record.js'
import { flush, wake } from './send.js'
import { consent, readVisitor, writeVisitor, type Visitor } from './visitor.js'

let lastUser: string

/** Somebody else: nothing that was known of the one before belongs to them. */
const newVisitor = (): Visitor => ({ choice: readVisitor().choice, anonymousId: newId(Date.now()) })

const objectIn = (values: readonly unknown[]): Properties | undefined =>
  values.filter((value) => typeof value === 'object' && value)[0] as Properties | undefined

export const verbs: Touchline = {
  track: (event: string, properties?: Properties) => record(buildTrack(common, event, properties)),

  page(...values: unknown[]) {
    const texts = values.filter((value) => typeof value === 'string') as string[]
    tell('page')
    record(buildPage(common, texts.pop(), objectIn(values), texts.pop()))
  },

  identify(...values: unknown[]) {
    const userId = idFrom(values[0])
    const traits = objectIn(values)
    const { userId: before } = readVisitor()
    if (before && userId && before !== userId) verbs.reset()
    if (userId || traits) record(buildIdentify(common, traits), userId ? { userId } : {})
  },

  identifyOrReset(user) {
    const { userId } = readVisitor()
    const traits = objectIn([user])
    const id = idFrom(traits ? traits.id : user)
    const text = JSON.stringify(user)
    if (user === null && userId) verbs.reset()
    if (id && (id !== userId || text !== lastUser)) verbs.identify(id, traits)
    lastUser = text
  },

  group(id: unknown, traits?: Traits) {
    const groupId = idFrom(id)
    if (groupId)
      record(buildGroup(common, groupId, traits), { groupId: traits && traits.left ? undefined : groupId })
  },

  alias(user: unknown, previous?: unknown) {
    const userId = idFrom(user)
    const { anonymousId, userId: before } = readVisitor()
    const previousId = idFrom(previous) || before || anonymousId
    if (userId && previousId) record({ ...buildAlias(common, previousId), userId }, {})
  },

  reset: () => writeVisitor(newVisitor()),

  ready: (callback) => callback(),

  flush,

  optIn() {
    writeVisitor({ ...readVisitor(), choice: 'yes' })
    if (isStored(consent())) storeEntries()
    wake()
  },

  optOut() {
    wipeEntries()
    writeVisitor({ choice: 'no' })
  },

  on: (name: 'drop' | 'reject', listener: unknown) => on(name, guard(listener as () => void)),

  anonymousId: () => readVisitor().anonymousId,

  user: () => readVisitor(),
}
